use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;

type Outcome = Result<(), Box<dyn Error>>;

const OPERATOR: Requester = Requester { network: None, known: true };

fn start(threads: usize, queue: usize) -> Result<Arc<Passwords>, PasswordsError> {
    Passwords::start(&PasswordSettings {
        min_length: 8,
        refuse_common: true,
        beside_provider: false,
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
        threads,
        queue,
        app_passwords: 16,
        app_passwords_without_login: Duration::ZERO,
        skip_second_factor: false,
    })
}

fn password() -> Result<Password, &'static str> {
    Password::new("geheim").ok_or("password")
}

fn poll<F: Future + ?Sized>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A job that has begun and ends when the returned sender is dropped.
fn occupy(
    passwords: &Passwords,
) -> Result<(impl Future<Output = Result<(), PoolError>>, mpsc::Sender<()>), &'static str> {
    let (release, released) = mpsc::channel::<()>();
    let (begin, started) = mpsc::channel();
    let mut job = Box::pin(passwords.pool.run(OPERATOR, move |_| {
        let _ = begin.send(());
        let _ = released.recv();
    }));
    assert!(poll(job.as_mut()).is_pending());
    started.recv().map_err(|_| "the job was not begun")?;
    Ok((job, release))
}

#[tokio::test]
async fn one_more_than_the_queue_holds_is_refused_at_once() -> Outcome {
    let passwords = start(1, 2)?;
    let (running, release) = occupy(&passwords)?;
    let (mut first, mut second) = (pin!(passwords.hash(password()?)), pin!(passwords.hash(password()?)));
    assert!(poll(first.as_mut()).is_pending() && poll(second.as_mut()).is_pending());
    assert_eq!((passwords.running(), passwords.queued()), (1, 2));
    let mut third = pin!(passwords.hash(password()?));
    assert!(matches!(poll(third.as_mut()), Poll::Ready(Err(PasswordsError::Pool(PoolError::Busy)))));
    drop(release);
    running.await?;
    first.await?;
    second.await?;
    passwords.hash(password()?).await?;
    Ok(())
}

#[tokio::test]
async fn whoever_went_away_costs_neither_a_place_nor_a_hash() -> Outcome {
    for queue in [1, 200] {
        let passwords = start(1, queue)?;
        let (running, release) = occupy(&passwords)?;
        for _ in 0..100 {
            let mut hasty = Box::pin(passwords.hash(password()?));
            assert!(poll(hasty.as_mut()).is_pending());
        }
        let mut patient = pin!(passwords.hash(password()?));
        assert!(poll(patient.as_mut()).is_pending());
        drop(release);
        running.await?;
        patient.await?;
        assert_eq!(passwords.begun(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn stopping_tells_those_who_wait_and_ends_the_threads() -> Outcome {
    let passwords = start(1, 8)?;
    let (running, release) = occupy(&passwords)?;
    let mut waiting = pin!(passwords.hash(password()?));
    assert!(poll(waiting.as_mut()).is_pending());
    passwords.stop();
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Err(PasswordsError::Pool(PoolError::Stopped)))));
    assert!(matches!(passwords.hash(password()?).await, Err(PasswordsError::Pool(PoolError::Stopped))));
    drop(release);
    running.await?;
    Ok(())
}

#[tokio::test]
async fn a_panic_costs_no_thread() -> Outcome {
    let passwords = start(1, 1)?;
    let broken = passwords.pool.run(OPERATOR, |_| panic!("on purpose"));
    assert!(matches!(broken.await, Err::<(), _>(PoolError::Stopped)));
    passwords.hash(password()?).await?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_the_hashing_threads_have_low_priority() -> Outcome {
    let before = rustix::process::getpriority_process(None)?;
    let passwords = start(2, 0)?;
    assert_eq!(passwords.pool.run(OPERATOR, |_| rustix::process::getpriority_process(None)).await??, 19);
    assert_eq!(rustix::process::getpriority_process(None)?, before);
    Ok(())
}
