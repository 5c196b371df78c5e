//! Padding: the length of a small plaintext is known only up to its bucket.

use crate::secret::SecretBytes;

use super::Malformed;

/// The length that `content` bytes have once they are padded.
pub fn bucket_length(content: usize) -> usize {
    let length = content.saturating_add(4);
    let step = match length {
        0..=4_096 => 256,
        4_097..=65_536 => 4_096,
        _ => 65_536,
    };
    length.div_ceil(step).saturating_mul(step)
}

/// `length(4) ‖ content ‖ zeros`, up to the bucket.
///
/// # Errors
/// [`Malformed`] for content of 4 GiB and more.
pub fn pad(content: &SecretBytes) -> Result<SecretBytes, Malformed> {
    let length = u32::try_from(content.len()).map_err(|_| Malformed("too long"))?;
    let mut padded = SecretBytes::with_capacity(bucket_length(content.len()));
    padded.extend(&length.to_be_bytes());
    // EXPOSE: copied into the padded secret.
    padded.extend(content.expose());
    let zeros = bucket_length(content.len()) - padded.len();
    padded.extend(&vec![0; zeros]);
    Ok(padded)
}

/// The content of what [`pad`] gave.
///
/// # Errors
/// [`Malformed`] for anything that `pad` does not give.
pub fn unpad(mut padded: SecretBytes) -> Result<SecretBytes, Malformed> {
    const WRONG: Malformed = Malformed("padding");
    // EXPOSE: split into length, content and zeros.
    let (length, rest) = padded.expose().split_first_chunk::<4>().ok_or(WRONG)?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > rest.len() || padded.len() != bucket_length(length) {
        return Err(WRONG);
    }
    if rest[length..].iter().any(|byte| *byte != 0) {
        return Err(WRONG);
    }
    padded.keep(4..4 + length);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_by_the_bucket_alone() {
        assert_eq!(
            [0, 252, 253, 4_092, 4_093, 65_532, 65_533].map(bucket_length),
            [256, 256, 512, 4_096, 8_192, 65_536, 131_072]
        );
    }

    #[test]
    fn gives_back_what_was_padded_and_refuses_the_rest() {
        for length in [0, 1, 252, 253, 5_000, 70_000] {
            let content = SecretBytes::new(vec![7; length]);
            let padded = pad(&content).unwrap();
            assert_eq!(padded.len(), bucket_length(length));
            assert_eq!(unpad(padded).unwrap().expose(), content.expose());
        }
        let mut padded = pad(&SecretBytes::copy_of(b"abc")).unwrap();
        padded.expose_mut()[255] = 1;
        assert!(unpad(padded).is_err(), "padding that is not zero");
        assert!(unpad(SecretBytes::copy_of(&[0, 0, 0, 9])).is_err());
        assert!(unpad(SecretBytes::new(vec![0; 512])).is_err(), "a bucket too many");
    }
}
