//! The person at the window, for what a profile needs of them: asked by an event, answered by a command.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::What;
use super::outbox::Outbox;
use crate::secret::SecretString;
use crate::session::{BoxFuture, Person, Question, SessionError, Shown, SignInPage};

/// Which question: they count up, and none is asked twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionId(u64);

impl From<u64> for QuestionId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// What the person is asked.
#[derive(Clone, Debug)]
pub enum PersonAsked {
    /// Something to type.
    Secret(Question),
    /// A page to open in a browser; there is nothing to type.
    Page(SignInPage),
}

/// Asks at the window.
#[derive(Clone)]
pub(super) struct AtWindow {
    outbox: Outbox,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    answers: HashMap<QuestionId, oneshot::Sender<Option<SecretString>>>,
}

impl AtWindow {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox, waiting: Arc::default() }
    }

    /// Gives an answer to whoever waits for it; `None` is that there won't be one. Too late, it is dropped, and wiped by that.
    pub(super) fn answer(&self, id: QuestionId, answer: Option<SecretString>) {
        if let Some(waits) = self.waiting().answers.remove(&id) {
            let _ = waits.send(answer);
        }
    }

    /// Answers every question with that there won't be an answer: the window has put them away.
    pub(super) fn give_up(&self) {
        self.waiting().answers.clear();
    }

    fn begin(&self, asked: PersonAsked) -> Open {
        let (send, answer) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.last += 1;
        let id = QuestionId(waiting.last);
        waiting.answers.insert(id, send);
        drop(waiting);
        self.outbox.tell(What::Asked { id, asked });
        Open { at: self.clone(), id, answer }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Person for AtWindow {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<SecretString, SessionError>> {
        Box::pin(async move {
            let mut open = self.begin(PersonAsked::Secret(question));
            let answer = (&mut open.answer).await;
            answer.ok().flatten().ok_or(SessionError::Cancelled)
        })
    }

    fn show(&self, page: SignInPage) -> Result<Box<dyn Shown>, SessionError> {
        Ok(Box::new(self.begin(PersonAsked::Page(page))))
    }
}

/// A question that is open; the window takes it away when this is dropped.
struct Open {
    at: AtWindow,
    id: QuestionId,
    answer: oneshot::Receiver<Option<SecretString>>,
}

impl Shown for Open {
    fn put_away(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let _ = (&mut self.answer).await;
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.at.waiting().answers.remove(&self.id);
        self.at.outbox.tell(What::AskedNoMore { id: self.id });
    }
}
