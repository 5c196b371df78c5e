//! A body that ends: none of AWS's answers here is longer, and who answers in AWS's place could go on for ever.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Buf, Frame, Incoming, SizeHint};

use super::failure::{BoxError, WireError};

/// The longest answer that is taken, in bytes: ten times a full page of any list.
const LONGEST: usize = 4 << 20;

/// A body of [`LONGEST`] bytes at most.
pub(super) struct Limited {
    body: Incoming,
    left: usize,
}

impl Limited {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, left: LONGEST }
    }
}

impl Body for Limited {
    type Data = <Incoming as Body>::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        let length = frame.data_ref().map_or(0, Buf::remaining);
        let Some(left) = self.left.checked_sub(length) else {
            return Poll::Ready(Some(Err(WireError::TooLong.into())));
        };
        self.left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
