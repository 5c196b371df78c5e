//! Connections, and what goes wrong on them.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::Fault;
use super::answer::{Answer, refuse};
use super::http::Request;
use super::keys::random;
use super::operations::{arn_of, context_in, context_of, run};
use super::sign_in;
use super::signature;
use super::state::{Call, Shared, State};
use super::sts;

/// Between two bytes of an answer that trickles.
const TRICKLE: Duration = Duration::from_secs(1);

/// Listens on a free port of loopback.
pub(super) fn start(shared: Arc<Shared>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || accept(&listener, &shared)))
}

/// Ends the thread that accepts, and every connection.
pub(super) fn stop(shared: &Shared, address: SocketAddr) {
    shared.change(|state| state.closing = true);
    shared.cut_connections();
    // Wakes the listener up.
    let _ = TcpStream::connect(address);
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let (closing, away) = shared.change(|state| (state.closing, state.away));
        if closing {
            return;
        }
        if away {
            reset(&stream);
            continue;
        }
        let number = shared.change(|state| {
            state.next_connection += 1;
            state.next_connection - 1
        });
        shared.opened(number, stream.try_clone().unwrap());
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A caller that leaves is no failure here.
            let _ = serve(&stream, number, &shared);
            shared.closed(number);
        });
    }
}

fn serve(stream: &TcpStream, number: u64, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream);
    while let Some(request) = Request::read(&mut input)? {
        let dead = shared.change(|state| number < state.dead_before && state.begin_to_hang(number));
        if dead {
            await_release(stream, number, shared);
            return Ok(());
        }
        if !answer(stream, number, &request, shared)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Answers one request, well or badly, after as long as answers take; whether the connection goes on.
fn answer(stream: &TcpStream, connection: u64, request: &Request, shared: &Arc<Shared>) -> io::Result<bool> {
    let (refused, delay) = shared.change(|state| (state.load.arrive(Instant::now()), state.load.delay));
    if !delay.is_zero() {
        thread::sleep(delay);
    }
    let answered = answer_now(stream, connection, request, shared, refused);
    shared.change(|state| state.load.leave());
    answered
}

fn answer_now(
    mut stream: &TcpStream,
    connection: u64,
    request: &Request,
    shared: &Arc<Shared>,
    refused: bool,
) -> io::Result<bool> {
    let now = {
        let ahead = shared.lock().clock_ahead;
        Timestamp::from_second(Timestamp::now().as_second() + ahead).unwrap()
    };
    let elsewhere = shared.change(|state| {
        let signed = signature::check(state, request, now).is_ok();
        sign_in::answer(state, request, signature::caller_of(request), signed)
    });
    if let Some((status, body)) = elsewhere {
        // What the metadata service says of its token; whoever asks for anything else does not look.
        let answer =
            Answer::bare(status, body.as_bytes()).with_header("x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n");
        stream.write_all(&answer.to_bytes(now).0)?;
        return Ok(true);
    }
    let action = request.action();
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let fault = shared.change(|state| {
        state.calls.push(Call {
            action: action.to_owned(),
            caller: signature::caller_of(request).to_owned(),
            key: input["KeyId"].as_str().or(input["SourceKeyId"].as_str()).map(str::to_owned),
            destination: input["DestinationKeyId"].as_str().map(str::to_owned),
            context: if action == "ReEncrypt" {
                context_in(&input, "SourceEncryptionContext")
            } else {
                context_of(&input)
            },
            destination_context: context_in(&input, "DestinationEncryptionContext"),
            connection,
            at: Instant::now(),
        });
        let fault = if refused { Some(Fault::Refuse("ThrottlingException")) } else { state.take_fault(action) };
        // Here, so that nobody who saw the call arrive can release it too early.
        if matches!(fault, Some(Fault::Hang)) {
            state.begin_to_hang(connection);
        }
        fault
    });
    match fault {
        Some(Fault::Close) => return Ok(false),
        Some(Fault::Hang) if !await_release(stream, connection, shared) => return Ok(false),
        _ => {}
    }
    let (answer, who, date) = {
        let mut state = shared.lock();
        let date = Timestamp::from_second(now.as_second() + state.date_ahead).unwrap();
        let caller = signature::caller_of(request);
        let checked = signature::check(&state, request, now);
        let who = arn_of(&state, caller);
        (checked.and_then(|()| run(&mut state, caller, action, &input)), who, date)
    };
    let tell = |outcome| match action {
        sts::ACTION => {
            let (status, body) = sts::to_xml(&outcome, signature::caller_of(request), &who);
            Answer::bare(status, body.as_bytes())
        }
        _ => Answer::of(outcome),
    };
    let answer = match &fault {
        Some(Fault::Refuse(code)) => tell(refuse(code, "as the test says")),
        Some(Fault::Status(status)) => Answer::bare(*status, b"<html>not now</html>"),
        Some(Fault::Garbage) => Answer::bare(200, b"\x00\xff{\"Plaintext\": \"AAAA"),
        Some(Fault::Empty) => Answer::bare(200, b"{}"),
        Some(fault) => tell(answer.map(|answer| distorted(answer, fault))),
        None => tell(answer),
    };
    let (bytes, head) = answer.to_bytes(date);
    if matches!(fault, Some(Fault::ResetInBody)) {
        stream.write_all(&bytes[..head + (bytes.len() - head) / 2])?;
        reset(stream);
        return Ok(false);
    }
    if matches!(fault, Some(Fault::Trickle)) {
        stream.write_all(&bytes[..head])?;
        for byte in &bytes[head..] {
            stream.write_all(&[*byte])?;
            thread::sleep(TRICKLE);
        }
        return Ok(true);
    }
    stream.write_all(&bytes)?;
    Ok(true)
}

fn distorted(mut answer: Value, fault: &Fault) -> Value {
    match fault {
        Fault::AnswerFor(key) => match answer.get_mut("KeyMetadata") {
            Some(metadata) => metadata["Arn"] = key.as_str().into(),
            None => answer["KeyId"] = key.as_str().into(),
        },
        Fault::AnswerFrom(key) => answer["SourceKeyId"] = key.as_str().into(),
        Fault::AnswerForNone => drop(answer.as_object_mut().and_then(|answer| answer.remove("KeyId"))),
        Fault::KeyLength(length) => answer["Plaintext"] = STANDARD.encode(vec![7; *length]).into(),
        Fault::OtherCiphertext => answer["CiphertextBlob"] = STANDARD.encode([7; 152]).into(),
        Fault::OtherKey => answer["Plaintext"] = STANDARD.encode(random::<32>()).into(),
        _ => {}
    }
    answer
}

/// Waits until a test releases what hangs; `false` where the caller hangs up before.
fn await_release(stream: &TcpStream, connection: u64, shared: &Arc<Shared>) -> bool {
    let (watched, watcher) = (stream.try_clone().unwrap(), Arc::clone(shared));
    thread::spawn(move || {
        // A byte would be the next request, of a caller who is still there.
        if !matches!(watched.peek(&mut [0]), Ok(1)) {
            watcher.change(|state| state.hang_ups += u64::from(state.hanging.remove(&connection).is_some()));
        }
    });
    let hangs = |state: &mut State| state.hanging.get(&connection).is_some_and(|since| *since == state.releases);
    shared.changed.wait_while(shared.lock(), hangs).unwrap().hanging.remove(&connection).is_some()
}

/// Ends a connection with RST: what it still holds is lost.
fn reset(stream: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}
