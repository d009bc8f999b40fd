//! What ours is held against: the least that could give the same answer.

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde::{Deserialize, Serialize};

use crate::support::client::Reply;

/// What the bare server answers, whatever it is asked.
#[derive(Clone, Serialize, Deserialize)]
pub struct Answer {
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// The same bytes as this reply, but for what every server makes itself.
    pub fn of(reply: &Reply) -> Self {
        let own = ["date", "connection", "content-length"];
        let headers = reply.headers().filter(|(name, _)| !own.contains(&name.to_ascii_lowercase().as_str()));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { headers, body: reply.text() }
    }
}

/// An answer as it is sent: nothing is left to be made for a request.
#[derive(Clone)]
struct Prepared {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

impl Prepared {
    fn from(answer: Answer) -> Self {
        let header = |(name, value): (String, String)| {
            (HeaderName::try_from(name).expect("a name"), HeaderValue::try_from(value).expect("a value"))
        };
        Self { headers: answer.headers.into_iter().map(header).collect(), body: answer.body.into() }
    }

    fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::with_body(StatusCode::OK, self.body.clone()).map_into_boxed_body();
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

/// A bare server in a process of its own, killed when dropped.
pub struct Bare {
    child: Child,
    pub address: SocketAddr,
}

impl Bare {
    /// Starts one that gives this answer at once, or after one `GET` of the key that is the presented token.
    pub fn start(answer: &Answer, redis: Option<&str>) -> Self {
        let answer = serde_json::to_string(answer).expect("JSON");
        let this = std::env::current_exe().expect("this program");
        let mut child = Command::new(this)
            .args(["bare-server", &answer, redis.unwrap_or_default()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program runs");
        let out = child.stdout.take().expect("piped");
        let line = std::io::BufReader::new(out).lines().next().expect("a line").expect("text");
        Self { child, address: line.parse().expect("an address") }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the bare server: one worker, as ours is given.
pub fn serve(answer: &str, redis: Option<&str>) {
    let answer = Prepared::from(serde_json::from_str(answer).expect("an answer"));
    let redis = redis.map(|url| redis::Client::open(url).expect("a URL"));
    let run = async move {
        let server = HttpServer::new(move || {
            let (answer, redis) = (answer.clone(), redis.clone());
            // One multiplexed connection a worker, opened on the worker's thread.
            let app = App::new().app_data(web::Data::new(answer)).data_factory(move || {
                let redis = redis.clone();
                async move {
                    match redis {
                        Some(client) => client.get_multiplexed_async_connection().await.map(Some).map_err(|_| ()),
                        None => Ok(None),
                    }
                }
            });
            app.route("/v2/authorize", web::get().to(handle))
        });
        let server = server.workers(1).bind("127.0.0.1:0").expect("a port");
        println!("{}", server.addrs()[0]);
        server.run().await.expect("it serves");
    };
    actix_web::rt::System::new().block_on(run);
}

async fn handle(
    request: HttpRequest,
    answer: web::Data<Prepared>,
    redis: web::Data<Option<redis::aio::MultiplexedConnection>>,
) -> HttpResponse {
    if let Some(connection) = redis.get_ref() {
        let key = request.headers().get("authorization").map_or(&b""[..], |value| &value.as_bytes()[8..]);
        let record: Option<Vec<u8>> =
            redis::cmd("GET").arg(key).query_async(&mut connection.clone()).await.expect("GET");
        if record.is_none() {
            return HttpResponse::Unauthorized().finish();
        }
    }
    answer.response()
}

/// What `bare-argon2` or `bare-rsa` prints that runs for `seconds` in a process of its own.
pub fn rate(program: &str, seconds: u64) -> f64 {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this).args([program, &seconds.to_string()]).output().expect("this program runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a rate")
}

/// Verifies one password again and again, on every core, each with memory of its own that it keeps; prints how many a
/// second.
pub fn verify(seconds: u64) {
    let params = Params::new(19_456, 2, 1, Some(32)).expect("OWASP's");
    println!(
        "{}",
        on_every_core(seconds, || {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            let mut memory = vec![Block::default(); params.block_count()];
            let mut output = [0; 32];
            move || {
                argon2
                    .hash_password_into_with_memory(b"correct horse", b"sixteen bytes ok", &mut output, &mut memory)
                    .expect("a hash");
                std::hint::black_box(&output);
            }
        })
    );
}

/// Signs twice with RSA-2048, again and again, on every core; prints how many pairs a second.
pub fn sign(seconds: u64) {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let random = SystemRandom::new();
    println!(
        "{}",
        on_every_core(seconds, || {
            let (key, random) = (&key, &random);
            let mut signature = vec![0; key.public_modulus_len()];
            move || {
                for _ in 0..2 {
                    key.sign(&RSA_PKCS1_SHA256, random, &[7; 400], &mut signature).expect("a signature");
                    std::hint::black_box(&signature);
                }
            }
        })
    );
}

/// How often a second `work` is done by a thread a core, each with a piece of work of its own.
fn on_every_core<W: FnMut()>(seconds: u64, make: impl Fn() -> W + Sync) -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (done, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut work = make();
                while !stop.load(Ordering::Relaxed) {
                    work();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::park_timeout(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
    });
    #[allow(clippy::cast_precision_loss, reason = "a count of a few thousand")]
    let done = done.load(Ordering::Relaxed) as f64;
    done / started.elapsed().as_secs_f64()
}
