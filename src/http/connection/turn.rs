//! Whose turn it is on a connection: its client's, to send or to take something, or the server's, to answer.
//!
//! One value a connection. The connection, the middleware around its requests and the worker that watches over it share it, on
//! one thread.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use actix_web::{HttpMessage as _, HttpRequest};

use crate::http::extract::from_head;

/// How long a client may take to send a body, whether anybody reads it or not. Longer than a handler waits for one, so
/// that the handler can say so.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a client may go on to send a body after its answer.
pub(in crate::http) const LINGER: Duration = Duration::from_secs(1);
/// How long a client may take to receive one answer, once the system has no more room for it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a stopping server waits for the first request of a connection. A client sends it as soon as it is connected, and
/// twice more within this time should it get lost.
const FIRST_REQUEST: Duration = Duration::from_secs(3);

/// What all connections of one worker have in common.
#[derive(Debug)]
pub(in crate::http) struct Watch {
    /// The time of the worker's last look around: exact enough to find who has waited for longest, and free.
    pub now: Cell<Instant>,
    /// The server is stopping: no connection waits for a further request.
    pub stopping: Cell<bool>,
    /// How long a client may take to send a head.
    pub head_timeout: Duration,
    /// How long a connection stays open without a request. The framework sees to it where HTTP/1 is spoken.
    pub idle_timeout: Duration,
}

/// Whose turn it is on one connection.
#[derive(Clone, Debug)]
pub struct Turn(Rc<State>);

#[derive(Debug)]
struct State {
    watch: Rc<Watch>,
    opened: Instant,
    /// May be closed to make room.
    is_evictable: bool,
    /// The client will send nothing more.
    finished: Cell<bool>,
    /// Requests that the framework has and that are not answered.
    unanswered: Cell<u32>,
    /// One was answered.
    answered: Cell<bool>,
    /// A head or a body is under way.
    receiving: Cell<Receiving>,
    /// When the client must have sent it.
    receive_by: Cell<Option<Instant>>,
    /// When the client must have taken the answer that it is being sent.
    send_by: Cell<Option<Instant>>,
    /// Since when it is the client's turn, if it is.
    waiting_since: Cell<Instant>,
    /// The client has had its time.
    cut_off: Cell<bool>,
    closed: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What a client is in the middle of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receiving {
    Nothing,
    Head,
    Body,
}

/// A request that is being answered; it is answered when this is dropped.
#[derive(Debug)]
pub struct Answering(Turn);

/// Where a client has sent its last request on a connection.
///
/// The framework lets a client finish sending and still hear its answer, and so does not look whether one that waits for a
/// minute is there at all.
pub struct EndOfRequests(Option<Turn>);

impl EndOfRequests {
    fn of(request: &HttpRequest) -> Self {
        Self(Turn::of(request))
    }

    /// Ready when the client has finished sending, or the server stops; never, if that cannot be known.
    pub async fn reached(&self) {
        // Needs no waker: what is read from the connection, its end too, has its task polled, and this with it. So has
        // the stop, which also wakes every request of HTTP/2. One whose client is gone is dropped there.
        let finished = || self.0.as_ref().is_some_and(|turn| turn.0.finished.get() || turn.0.watch.stopping.get());
        poll_fn(|_| if finished() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

from_head!(EndOfRequests);

impl Turn {
    pub(in crate::http) fn new(watch: Rc<Watch>, is_evictable: bool) -> Self {
        let waiting_since = Cell::new(watch.now.get());
        Self(Rc::new(State {
            watch,
            opened: Instant::now(),
            is_evictable,
            finished: Cell::default(),
            unanswered: Cell::default(),
            answered: Cell::default(),
            receiving: Cell::new(Receiving::Nothing),
            receive_by: Cell::default(),
            send_by: Cell::default(),
            waiting_since,
            cut_off: Cell::default(),
            closed: Cell::default(),
            waker: RefCell::default(),
        }))
    }

    /// That of a request: its connection's, or its own where a connection has several requests at once.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Self>().cloned().or_else(|| request.extensions().get::<Self>().cloned())
    }

    /// Whether a further request on this connection would not be answered, because the server stops or the body of this
    /// one has not ended. Then this answer must say so.
    pub fn is_last(&self) -> bool {
        let body_is_of_this = self.0.unanswered.get() == 1;
        self.0.watch.stopping.get() || (self.0.receiving.get() == Receiving::Body && body_is_of_this)
    }

    /// A request's handler begins.
    pub fn answering(&self) -> Answering {
        Answering(self.clone())
    }

    pub(super) fn finish(&self) {
        self.0.finished.set(true);
    }

    pub(super) fn close(&self) {
        self.0.closed.set(true);
        self.0.waker.replace(None);
    }

    pub(in crate::http) fn is_closed(&self) -> bool {
        self.0.closed.get()
    }

    /// So many heads have gone on to the framework, and this is under way behind them.
    pub(super) fn received(&self, heads: u32, receiving: Receiving) {
        let state = &self.0;
        state.unanswered.set(state.unanswered.get().saturating_add(heads));
        let before = state.receiving.replace(receiving);
        if receiving == Receiving::Nothing {
            state.receive_by.set(None);
        } else if heads > 0 || receiving != before {
            let timeout = if receiving == Receiving::Head { state.watch.head_timeout } else { BODY_TIMEOUT };
            state.receive_by.set(Some(Instant::now() + timeout));
        }
    }

    /// The client must send something within this time, unless it is given another; `None`: it need not.
    pub(super) fn must_send_within(&self, timeout: Option<Duration>) {
        self.0.receive_by.set(timeout.map(|timeout| Instant::now() + timeout));
    }

    /// So many requests of its own turn each are under way on the connection.
    pub(super) fn has_requests(&self, count: usize) {
        let state = &self.0;
        state.unanswered.set(u32::try_from(count).unwrap_or(u32::MAX));
        state.waiting_since.set(state.watch.now.get());
    }

    /// What all connections of the worker have in common.
    pub(super) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    /// The client does not take what it has been sent.
    pub(super) fn is_sending(&self) -> bool {
        self.0.send_by.get().is_some()
    }

    /// Whether a head is incomplete.
    pub(in crate::http) fn is_in_head(&self) -> bool {
        self.0.receiving.get() == Receiving::Head
    }

    /// The client does not take what it is sent; whether it has had its time for it.
    pub(super) fn is_not_taking(&self) -> bool {
        if self.0.send_by.get().is_none() {
            self.0.send_by.set(Some(Instant::now() + ANSWER_TIMEOUT));
        }
        self.0.cut_off.get()
    }

    /// The system has everything that the client is sent.
    pub(super) fn has_taken(&self) {
        self.0.send_by.set(None);
    }

    /// Whether nothing more is to be read.
    pub(super) fn is_cut_off(&self) -> bool {
        self.0.cut_off.get()
    }

    /// Whether a stopping server waits for nothing here, if the client has sent nothing more.
    pub(super) fn may_leave(&self) -> bool {
        let state = &self.0;
        state.watch.stopping.get()
            && state.unanswered.get() == 0
            && state.receiving.get() == Receiving::Nothing
            && state.send_by.get().is_none()
            && (state.answered.get() || state.opened.elapsed() >= FIRST_REQUEST)
    }

    /// Has the connection's task polled when something changes here.
    pub(super) fn wake_by(&self, cx: &Context<'_>) {
        let mut waker = self.0.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
    }

    pub(in crate::http) fn wake(&self) {
        // Not while it is borrowed: a waker may run anything.
        let waker = self.0.waker.borrow().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Closes the connection.
    pub(in crate::http) fn cut_off(&self) {
        self.0.cut_off.set(true);
        self.wake();
    }

    /// Whether the client has let a deadline pass.
    pub(in crate::http) fn is_overdue(&self, now: Instant) -> bool {
        let passed = |by: &Cell<Option<Instant>>| by.get().is_some_and(|by| by <= now);
        passed(&self.0.receive_by) || passed(&self.0.send_by)
    }

    /// Since when it is the client's turn, if it is and the connection may be closed to make room.
    pub(in crate::http) fn evictable_since(&self) -> Option<Instant> {
        let state = &self.0;
        let is_clients = state.unanswered.get() == 0 || state.receiving.get() == Receiving::Body;
        let may = state.is_evictable && is_clients && !state.closed.get() && !state.cut_off.get();
        may.then(|| state.waiting_since.get())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let state = &self.0.0;
        state.unanswered.set(state.unanswered.get().saturating_sub(1));
        state.answered.set(true);
        state.waiting_since.set(state.watch.now.get());
        if state.receiving.get() == Receiving::Body && state.unanswered.get() == 0 {
            let soon = Instant::now() + LINGER;
            state.receive_by.set(Some(state.receive_by.get().map_or(soon, |by| by.min(soon))));
        }
    }
}
