//! A real LDAP server of a test's own: Debian's `slapd`, with its own folder, certificate and people.

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ldap3::{LdapConnAsync, LdapResult, Mod};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::wait::until;

const START: Duration = Duration::from_secs(60);

/// Its authority, and a certificate for `localhost` and `127.0.0.1`.
pub const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls");

pub const PEOPLE: &str = "ou=people,dc=example,dc=org";
/// Who looks people up, and by which password.
pub const SEARCHER: (&str, &str) = ("cn=bimgate,dc=example,dc=org", "the searcher's password");
const ADMIN: (&str, &str) = ("cn=admin,dc=example,dc=org", "the admin's password");

/// Attributes and their values.
pub type Attributes<'a> = [(&'a str, &'a [&'a str])];

/// A running `slapd`, killed when dropped.
pub struct Slapd {
    _folder: TempDir,
    arguments: Vec<String>,
    child: Mutex<Child>,
    plain: u16,
    tls: u16,
}

impl Slapd {
    /// Starts one on free ports, where nobody is yet.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("bimgate-ldap-").expect("a folder");
        let configuration = folder.path().join("slapd.conf");
        fs::create_dir(folder.path().join("db")).expect("a folder");
        fs::write(&configuration, configured(&folder)).expect("a file");
        // Another program may take a port before it does: then it ends at once, and others are tried.
        for _ in 0..10 {
            let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
            let [plain, tls] = free.each_ref().map(|free| free.local_addr().expect("bound").port());
            drop(free);
            let urls = format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls} ldaps://127.0.0.2:{tls}");
            let configuration = configuration.to_str().expect("a path").to_owned();
            let arguments = ["-d", "0", "-f", &configuration, "-h", &urls].map(str::to_owned).to_vec();
            let mut child = spawn(&arguments);
            if ready(plain, &mut child) {
                let started = Self { _folder: folder, arguments, child: Mutex::new(child), plain, tls };
                started.furnish();
                return started;
            }
        }
        panic!("slapd does not start");
    }

    /// What it must have before people can log in.
    fn furnish(&self) {
        self.add("dc=example,dc=org", &[("objectClass", &["dcObject", "organization"]), ("o", &["Example"])]);
        for unit in ["people", "groups"] {
            self.add(&format!("ou={unit},dc=example,dc=org"), &[("objectClass", &["organizationalUnit"])]);
        }
        let (searcher, password) = SEARCHER;
        self.add(
            searcher,
            &[("objectClass", &["organizationalRole", "simpleSecurityObject"]), ("userPassword", &[password])],
        );
        self.add(
            "cn=policy,dc=example,dc=org",
            &[
                ("objectClass", &["organizationalRole", "pwdPolicy"]),
                ("pwdAttribute", &["userPassword"]),
                ("pwdLockout", &["TRUE"]),
            ],
        );
    }

    /// `ldaps://…`
    pub fn ldaps(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls)
    }

    /// The same server under an address that its certificate does not name.
    pub fn ldaps_by_another_name(&self) -> String {
        format!("ldaps://127.0.0.2:{}", self.tls)
    }

    /// `ldap://…`
    pub fn ldap(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.plain)
    }

    /// Ends it, as a crash does.
    pub fn kill(&self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Starts it again at the same addresses, after [`Self::kill`].
    pub fn restart(&self) {
        let mut child = self.child();
        *child = spawn(&self.arguments);
        assert!(ready(self.plain, &mut child), "slapd does not start again");
    }

    /// Stops it from doing anything, its connections left open, until [`Self::thaw`].
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child()), Signal::STOP).expect("it runs");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child()), Signal::CONT).expect("it runs");
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry.
    pub fn add(&self, dn: &str, attributes: &Attributes<'_>) {
        let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<HashSet<_>>();
        let attributes = attributes.iter().map(|(name, values)| ((*name).to_owned(), set(values))).collect();
        self.done(async |mut ldap: ldap3::Ldap| ldap.add(dn, attributes).await);
    }

    /// Gives an attribute of an entry these values instead of its own.
    pub fn set(&self, dn: &str, attribute: &str, values: &[&str]) {
        let change = Mod::Replace(attribute, values.iter().copied().collect());
        self.done(async |mut ldap: ldap3::Ldap| ldap.modify(dn, vec![change]).await);
    }

    /// Renames an entry, within the one above it.
    pub fn rename(&self, dn: &str, to: &str) {
        self.done(async |mut ldap: ldap3::Ldap| ldap.modifydn(dn, to, true, None).await);
    }

    /// Removes an entry.
    pub fn delete(&self, dn: &str) {
        self.done(async |mut ldap: ldap3::Ldap| ldap.delete(dn).await);
    }

    /// Does something as its administrator.
    fn done(&self, act: impl AsyncFnOnce(ldap3::Ldap) -> ldap3::result::Result<LdapResult>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (connection, mut ldap) = LdapConnAsync::new(&self.ldap()).await.expect("slapd runs");
            tokio::spawn(connection.drive());
            ldap.simple_bind(ADMIN.0, ADMIN.1).await.and_then(LdapResult::success).expect("the administrator");
            act(ldap).await.and_then(LdapResult::success).expect("slapd obeys");
        });
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// It lets a bind without a password succeed, as some servers do, and locks people out.
fn configured(folder: &TempDir) -> String {
    let folder = folder.path().display();
    let (admin, password) = ADMIN;
    let (searcher, _) = SEARCHER;
    format!(
        r#"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
allow bind_anon_cred
TLSCACertificateFile {TLS}/authority.pem
TLSCertificateFile {TLS}/server.pem
TLSCertificateKeyFile {TLS}/server-key.pem
TLSVerifyClient never
database mdb
maxsize 16777216
dbnosync
suffix "dc=example,dc=org"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/db
index objectClass eq
overlay memberof
overlay ppolicy
ppolicy_default "cn=policy,dc=example,dc=org"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{searcher}" read by anonymous auth by * none
"#
    )
}

fn spawn(arguments: &[String]) -> Child {
    // Debian has it where only root looks.
    let found = ["/usr/sbin/slapd", "/usr/libexec/slapd"].into_iter().find(|path| fs::metadata(path).is_ok());
    Command::new(found.unwrap_or("slapd"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("slapd is installed (./scripts/test installs it; Debian: apt-get install slapd)")
}

/// False if it ended.
fn ready(port: u16, child: &mut Child) -> bool {
    until("slapd is ready", START, || {
        if child.try_wait().expect("a child").is_some() {
            return Some(false);
        }
        TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).ok().map(|_| true)
    })
}
