//! Reading and writing fields: big-endian numbers, and bytes with their length in front.

use crate::secret::{SecretBytes, SecretString};

use super::Malformed;

/// Appends fields. Holds plaintext, so it writes into a secret.
#[derive(Default)]
pub(super) struct Writer(SecretBytes);

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend(bytes);
        self
    }

    pub(super) fn u8(&mut self, number: u8) -> &mut Self {
        self.bytes(&[number])
    }

    pub(super) fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn i64(&mut self, number: i64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn count16(&mut self, count: usize, what: &'static str) -> Result<&mut Self, Malformed> {
        let count = u16::try_from(count).map_err(|_| Malformed(what))?;
        Ok(self.bytes(&count.to_be_bytes()))
    }

    pub(super) fn count32(&mut self, count: usize, what: &'static str) -> Result<&mut Self, Malformed> {
        let count = u32::try_from(count).map_err(|_| Malformed(what))?;
        Ok(self.u32(count))
    }

    pub(super) fn lp16(&mut self, bytes: &[u8], what: &'static str) -> Result<&mut Self, Malformed> {
        Ok(self.count16(bytes.len(), what)?.bytes(bytes))
    }

    pub(super) fn lp32(&mut self, bytes: &[u8], what: &'static str) -> Result<&mut Self, Malformed> {
        Ok(self.count32(bytes.len(), what)?.bytes(bytes))
    }

    pub(super) fn finish(&mut self) -> SecretBytes {
        std::mem::take(&mut self.0)
    }
}

/// Takes fields off the front; says what was read when there are too few bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(super) fn malformed(&self) -> Malformed {
        Malformed(self.what)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        if length > self.rest.len() {
            return Err(self.malformed());
        }
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let malformed = self.malformed();
        self.bytes(N)?.try_into().map_err(|_| malformed)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<usize, Malformed> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_be_bytes)
    }

    /// A count of things that have at least `least` bytes each: never more than there can be.
    pub(super) fn count32(&mut self, least: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u32()?).map_err(|_| self.malformed())?;
        if count.checked_mul(least).is_none_or(|total| total > self.rest.len()) {
            return Err(self.malformed());
        }
        Ok(count)
    }

    pub(super) fn lp16(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u16()?;
        self.bytes(length)
    }

    pub(super) fn lp32(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.u32()?).map_err(|_| self.malformed())?;
        self.bytes(length)
    }

    pub(super) fn text(&self, bytes: &[u8]) -> Result<SecretString, Malformed> {
        std::str::from_utf8(bytes).map(SecretString::copy_of).map_err(|_| self.malformed())
    }

    pub(super) fn plain_text(&self, bytes: &[u8]) -> Result<String, Malformed> {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.malformed())
    }

    pub(super) fn version_1(&mut self) -> Result<(), Malformed> {
        self.version_up_to(1).map(drop)
    }

    /// The version of what follows: one that is known.
    pub(super) fn version_up_to(&mut self, last: u8) -> Result<u8, Malformed> {
        let version = self.u8()?;
        if (1..=last).contains(&version) { Ok(version) } else { Err(self.malformed()) }
    }

    /// Everything has been read: anything left is not ours.
    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}
