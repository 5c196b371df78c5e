//! How much work a guess at a passphrase is.

use crate::providers::ProviderError;

/// Parameters of Argon2id that are neither too weak to protect nor so heavy that a hostile file could stop the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfParams {
    /// What new records have: 64 MiB, 3 passes, 4 lanes, as RFC 9106 recommends where memory is limited.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// The least that is accepted: OWASP's minimum, 19 MiB and 2 passes.
    pub const FLOOR: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };

    /// The most that is accepted: 1 GiB, 20 passes, 16 lanes.
    pub const CEILING: Self = Self { memory_kib: 1024 * 1024, passes: 20, lanes: 16 };

    /// Parameters of `memory_kib` KiB, `passes` over it, in `lanes` threads.
    ///
    /// # Errors
    /// [`ProviderError::Malformed`] below [`KdfParams::FLOOR`] or above [`KdfParams::CEILING`].
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ProviderError> {
        let (floor, ceiling) = (Self::FLOOR, Self::CEILING);
        if memory_kib < floor.memory_kib || passes < floor.passes || lanes < floor.lanes {
            return Err(ProviderError::Malformed("its passphrase parameters are too weak"));
        }
        if memory_kib > ceiling.memory_kib || passes > ceiling.passes || lanes > ceiling.lanes {
            return Err(ProviderError::Malformed("its passphrase parameters are too heavy"));
        }
        Ok(Self { memory_kib, passes, lanes })
    }

    /// Memory in KiB.
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn passes(self) -> u32 {
        self.passes
    }

    /// Threads, and so parts that the memory is cut in.
    pub fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for KdfParams {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_lies_between_floor_and_ceiling() {
        let new = KdfParams::new;
        assert_eq!(new(64 * 1024, 3, 4).unwrap(), KdfParams::DEFAULT);
        assert_eq!(new(19 * 1024, 2, 1).unwrap(), KdfParams::FLOOR);
        assert_eq!(new(1024 * 1024, 20, 16).unwrap(), KdfParams::CEILING);
        for (memory, passes, lanes) in [(19 * 1024 - 1, 2, 1), (19 * 1024, 1, 1), (19 * 1024, 2, 0), (0, 0, 0)] {
            assert!(new(memory, passes, lanes).unwrap_err().to_string().contains("too weak"));
        }
        for (memory, passes, lanes) in
            [(1024 * 1024 + 1, 3, 4), (64 * 1024, 21, 4), (64 * 1024, 3, 17), (u32::MAX, 3, 4)]
        {
            assert!(new(memory, passes, lanes).unwrap_err().to_string().contains("too heavy"));
        }
    }
}
