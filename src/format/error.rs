//! Why bytes are not a message that we read, or values not one that we write.

/// What is wrong with a message, an encryption context or an encrypted data key. Found without any key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The first bytes are not those of a message.
    #[error("not an encrypted message")]
    NotAMessage,
    /// An older message format, without key commitment.
    #[error(
        "a version 1 message, sealed with {suite}; only version 2 with {} or {} is read",
        super::Suite::Committing.name(),
        super::Suite::Signed.name()
    )]
    Version1 {
        /// The suite's name and number.
        suite: String,
    },
    /// A version 2 message of another algorithm suite.
    #[error(
        "sealed with {suite}; only {} and {} are read",
        super::Suite::Committing.name(),
        super::Suite::Signed.name()
    )]
    OtherSuite {
        /// The suite's name and number.
        suite: String,
    },
    /// A header that others may write, and we do not: it is no vault's.
    #[error("not a header of {}, framed, which is all that a vault has", super::SUITE_NAME)]
    NotOurs,
    /// The bytes end inside the header.
    #[error("the message ends inside its header")]
    Truncated,
    /// Bytes are left over where a value should have ended.
    #[error("unexpected bytes after the {0}")]
    Trailing(&'static str),
    /// The frame length is 0 or above the limit.
    #[error("a frame length of {0} bytes; 1 to {max} are allowed", max = super::MAX_FRAME_LENGTH)]
    FrameLength(u32),
    /// One block of content, and a frame length all the same.
    #[error("a frame length of {0} bytes, and content that is not framed")]
    FramesOfSingleBlock(u32),
    /// No encrypted data key, so nobody could open the message.
    #[error("no encrypted data key")]
    NoKeys,
    /// More encrypted data keys than anybody should be asked for.
    #[error("{0} encrypted data keys; at most {max} are allowed", max = super::MAX_KEYS)]
    TooManyKeys(usize),
    /// A field of an encrypted data key is longer than its length field can say, or its provider is not UTF-8.
    #[error("a malformed encrypted data key")]
    MalformedKey,
    /// The serialised encryption context is too long.
    #[error("an encryption context of {0} bytes; at most {max} are allowed", max = super::MAX_CONTEXT_LENGTH)]
    ContextTooLong(usize),
    /// A key of the encryption context is there twice.
    #[error("the encryption context has a key twice")]
    DuplicateContextKey,
    /// A key of the encryption context is empty; AWS KMS refuses those.
    #[error("the encryption context has an empty key")]
    EmptyContextKey,
    /// A key of the encryption context is in the name space that the format keeps for itself.
    #[error("encryption context keys that begin with aws-crypto- are reserved")]
    ReservedContextKey,
    /// A signed message's public key is missing, or is none.
    #[error("the key of its signature is missing or malformed")]
    SignerKey,
    /// The encryption context's lengths contradict each other, or its text is not UTF-8.
    #[error("a malformed encryption context")]
    MalformedContext,
}
