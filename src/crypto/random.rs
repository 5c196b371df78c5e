//! The operating system's random source, the only one that is used.

use super::CryptoError;

/// Fills `bytes` with random bytes.
///
/// # Errors
/// [`CryptoError::Random`] where the operating system has none to give.
pub fn fill(bytes: &mut [u8]) -> Result<(), CryptoError> {
    Ok(getrandom::fill(bytes)?)
}

/// `N` random bytes, for what is not secret: identifiers, salts.
///
/// # Errors
/// [`CryptoError::Random`] where the operating system has none to give.
pub fn make_bytes<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn never_gives_the_same_bytes_twice() {
        assert_ne!(super::make_bytes::<32>().unwrap(), super::make_bytes::<32>().unwrap());
    }
}
