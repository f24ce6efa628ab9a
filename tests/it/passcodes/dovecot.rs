//! Dovecot as a mail server on loopback: its own folders, its own certificate, a port that was free, and no privileges.
//!
//! Mails are delivered as a mail transfer agent would do it: written into a Maildir and moved into place.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use crate::support::peers::{Certificate, write};
use crate::support::wait_until;

/// `anna`'s password, with what has to be quoted.
pub(super) const PASSWORD: &str = r#"open "se\same"#;

/// Who runs the server where the tests are run by root, whom Dovecot gives no mail.
const NOBODY: u32 = 65_534;

/// A mail server, ended when it is dropped.
pub(super) struct Dovecot {
    pub port: u16,
    pub certificate: Certificate,
    folder: tempfile::TempDir,
    child: Child,
}

static DELIVERED: AtomicUsize = AtomicUsize::new(0);

impl Dovecot {
    pub(super) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("mail").tempdir().expect("a folder");
        let certificate = Certificate::new();
        let port = free_port();
        let (user, group) = owner(folder.path());
        let root = folder.path();
        for sub in ["run", "mail", "mail/anna", "mail/anna/new", "mail/anna/cur", "mail/anna/tmp"] {
            std::fs::create_dir(root.join(sub)).expect("a folder");
        }
        write(&root.join("cert.pem"), &certificate.pem);
        write(&root.join("key.pem"), &certificate.key_pem);
        write(&root.join("users"), format!("anna:{{PLAIN}}{PASSWORD}\n"));
        write(&root.join("dovecot.conf"), configuration(root, port, &user, &group));
        let child = start(root);
        let server = Self { port, certificate, folder, child };
        server.wait_until_it_answers();
        server
    }

    /// Delivers a mail to `anna`'s mailbox.
    pub(super) fn deliver(&self, mail: &str) {
        self.deliver_at(mail, SystemTime::now());
    }

    /// Delivers a mail as if it had arrived at a time.
    pub(super) fn deliver_at(&self, mail: &str, arrived: SystemTime) {
        deliver(&self.folder.path().join("mail/anna"), mail, arrived);
    }

    /// Delivers a mail after a while.
    pub(super) fn deliver_later(&self, mail: String, after: Duration) -> std::thread::JoinHandle<()> {
        let maildir = self.folder.path().join("mail/anna");
        std::thread::spawn(move || {
            std::thread::sleep(after);
            deliver(&maildir, &mail, SystemTime::now());
        })
    }

    fn wait_until_it_answers(&self) {
        wait_until("dovecot answers", || TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok());
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // It ends its own processes when it is asked to, and leaves them behind when it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The names that Dovecot's processes run under: those of whoever runs the tests.
fn owner(_folder: &Path) -> (String, String) {
    if is_root() {
        return (name("passwd", NOBODY), name("group", NOBODY));
    }
    (name("passwd", rustix::process::geteuid().as_raw()), name("group", rustix::process::getegid().as_raw()))
}

fn name(database: &str, id: u32) -> String {
    let entry = Command::new("getent").args([database, &id.to_string()]).output().expect("getent runs");
    let entry = String::from_utf8_lossy(&entry.stdout).into_owned();
    entry.split(':').next().expect("an entry").to_owned()
}

fn start(root: &Path) -> Child {
    let mut command = Command::new("dovecot");
    command.arg("-F").arg("-c").arg(root.join("dovecot.conf")).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    if is_root() {
        hand_over(root);
        std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
        std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
    }
    command.spawn().expect("dovecot starts")
}

/// Gives a folder and all in it to nobody.
fn hand_over(path: &Path) {
    std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    if path.is_dir() {
        let inside = std::fs::read_dir(path).expect("a folder");
        inside.for_each(|entry| hand_over(&entry.expect("an entry").path()));
    }
}

fn configuration(root: &Path, port: u16, user: &str, group: &str) -> String {
    let root = root.display();
    format!(
        "base_dir = {root}/run\nlog_path = {root}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
         ssl = required\nssl_cert = <{root}/cert.pem\nssl_key = <{root}/key.pem\n\
         default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n\
         mail_location = maildir:{root}/mail/%u\nfirst_valid_uid = 1\n\
         passdb {{\n driver = passwd-file\n args = {root}/users\n}}\n\
         userdb {{\n driver = static\n args = uid={user} gid={group} home={root}/mail/%u\n}}\n\
         service anvil {{\n chroot =\n}}\n\
         service imap-login {{\n chroot =\n inet_listener imap {{\n port = 0\n }}\n \
         inet_listener imaps {{\n port = {port}\n }}\n}}\n"
    )
}

fn deliver(maildir: &Path, mail: &str, arrived: SystemTime) {
    let name = format!("{}.P{}.localhost", DELIVERED.fetch_add(1, Ordering::Relaxed), std::process::id());
    let draft: PathBuf = maildir.join("tmp").join(&name);
    write(&draft, mail);
    let file = std::fs::File::options().write(true).open(&draft).expect("the draft");
    file.set_modified(arrived).expect("its time");
    if is_root() {
        std::os::unix::fs::chown(&draft, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    std::fs::rename(&draft, maildir.join("new").join(&name)).expect("it is moved into place");
}
