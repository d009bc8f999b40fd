// A real SMTP server for the tests: says its port, then each mail that it has taken, one line of JSON each.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { SMTPServer } from "smtp-server";

// `encryption`: tls, starttls or none. `manner`: takes, refuses, slow (never takes a mail that it has got), silent (says
// nothing), garbage (speaks something else), endless (says a line without an end), stripped (hides STARTTLS), elsewhere
// (listens where its certificate does not count).
const { encryption, manner, username, password } = JSON.parse(process.argv[2]);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const tls = (name) => readFileSync(new URL(`../support/tls/${name}`, import.meta.url));

function honest() {
  const refuse = (sentence) => Object.assign(new Error(sentence), { responseCode: 550 });
  return new SMTPServer({
    key: tls("server-key.pem"),
    cert: tls("server.pem"),
    secure: encryption === "tls",
    hideSTARTTLS: encryption !== "starttls" || manner === "stripped",
    disabledCommands: encryption === "starttls" && manner !== "stripped" ? [] : ["STARTTLS"],
    authOptional: !username,
    disableReverseLookup: true,
    onAuth(auth, _session, done) {
      if (auth.username === username && auth.password === password) return done(null, { user: username });
      done(Object.assign(refuse(`no such password: ${auth.password}`), { responseCode: 535 }));
    },
    onRcptTo(address, _session, done) {
      done(manner === "refuses" ? refuse(`no mailbox ${address.address} here`) : null);
    },
    onData(stream, session, done) {
      const parts = [];
      stream.on("data", (part) => parts.push(part));
      stream.on("end", () => {
        if (manner === "slow") return;
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map((one) => one.address);
        say({ from: mailFrom.address, to, secure: session.secure, text: Buffer.concat(parts).toString() });
        done();
      });
    },
    onClose() {},
  });
}

function liar() {
  return createServer((socket) => {
    socket.on("error", () => {});
    if (manner === "garbage") socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    if (manner === "endless") {
      const line = "2".repeat(1024);
      const go = () => {
        while (socket.writable && socket.write(line));
      };
      socket.on("drain", go);
      go();
    }
  });
}

const server = ["silent", "garbage", "endless"].includes(manner) ? liar() : honest();
if (server instanceof SMTPServer) server.on("error", () => {});
const listening = server.listen(0, manner === "elsewhere" ? "127.0.0.2" : "127.0.0.1", () => say((server.server ?? listening).address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit());
