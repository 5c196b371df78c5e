//! What a call can meet.

/// What happens to one call instead of, or after, what should.
#[derive(Clone, Debug)]
pub enum Fault {
    /// AWS refuses under this name, with the HTTP status that it has for it.
    Refuse(&'static str),
    /// The head of the answer at once, and of its body a byte now and then: it would take minutes.
    Trickle,
    /// A status, and a body that names nothing.
    Status(u16),
    /// No answer, until [`release`](super::FakeKms::release) or until the caller hangs up.
    Hang,
    /// The head of the answer and half of the body; then the connection is reset.
    ResetInBody,
    /// The connection is closed instead of an answer.
    Close,
    /// Status 200 and a body that is no JSON.
    Garbage,
    /// Status 200 and JSON with nothing in it.
    Empty,
    /// The right answer, but in the name of this key.
    AnswerFor(String),
    /// The right answer of `ReEncrypt`, but from this key.
    AnswerFrom(String),
    /// The right answer, but of no key.
    AnswerForNone,
    /// A data key of so many bytes, the same each time.
    KeyLength(usize),
    /// Another data key than the right one.
    OtherKey,
    /// The right answer, but that what was wrapped is not in it.
    OtherCiphertext,
    /// Nothing: this call goes well.
    Well,
}
