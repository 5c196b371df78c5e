//! A private session bus with a real gnome-keyring, in a home folder of its own.
//!
//! Nothing of the person's own session is touched: the bus knows no services but those a test gives it, and there is no
//! display to ask anything on.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// What stands behind the bus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// gnome-keyring with an unlocked default keyring.
    Unlocked,
    /// gnome-keyring without any keyring.
    Empty,
    /// Nothing: a bus where nobody keeps secrets.
    Missing,
}

/// What happens when the keyring wants to ask for its password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Prompts {
    /// There is nothing to ask with.
    Impossible,
    /// The question hangs there, as if nobody sat at the screen.
    Unanswered,
}

/// Ends, with everything it started, when dropped.
pub struct SecretService {
    home: TempDir,
    bus: Child,
    address: String,
}

impl SecretService {
    /// A bus with an unlocked keyring: what a desktop session has.
    pub fn start() -> Self {
        Self::start_with(Service::Unlocked, Prompts::Impossible)
    }

    pub fn start_with(service: Service, prompts: Prompts) -> Self {
        let home = tempfile::Builder::new().prefix("sealkeep-bus-").tempdir().unwrap();
        for folder in ["run", "data", "config", "state", "cache", "services"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        if prompts == Prompts::Unanswered {
            // Takes the call and never comes to the bus: the service waits for it as it waits for a person.
            let prompter = "[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=/bin/sleep 30\n";
            fs::write(home.path().join("services/prompter.service"), prompter).unwrap();
        }
        let (bus, address) = start_bus(home.path());
        let started = Self { home, bus, address };
        match service {
            Service::Unlocked => started.start_keyring(Some("the keyring's password\n")),
            Service::Empty => started.start_keyring(None),
            Service::Missing => {}
        }
        started
    }

    /// Lets `command` run in this session and not in the person's own.
    pub fn enter<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        enter(self.home.path(), command).env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    /// The person's home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The bus's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Locks the default keyring, as a desktop does when its session locks.
    pub fn lock(&self) {
        self.call(
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            &["array:objpath:/org/freedesktop/secrets/collection/login"],
        );
    }

    fn call(&self, path: &str, method: &str, arguments: &[&str]) {
        let mut command = Command::new("dbus-send");
        command.args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", path, method]).args(arguments);
        let output = self.enter(&mut command).output().expect("dbus-send is installed (Debian: dbus-bin)");
        assert!(output.status.success(), "{method}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn start_keyring(&self, password: Option<&str>) {
        let mut command = Command::new("gnome-keyring-daemon");
        command.arg("--components=secrets");
        if password.is_some() {
            command.arg("--unlock");
        }
        // It returns with the keyring unlocked and leaves a daemon, which ends with the bus.
        let mut daemon = self
            .enter(&mut command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is installed (Debian: gnome-keyring)");
        let mut input = daemon.stdin.take().unwrap();
        input.write_all(password.unwrap_or_default().as_bytes()).unwrap();
        drop(input);
        assert!(daemon.wait().unwrap().success());
        await_secrets(&self.address);
    }
}

impl Drop for SecretService {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// Gives `command` a home of its own and no session at all.
pub fn enter<'a>(home: &Path, command: &'a mut Command) -> &'a mut Command {
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SEALKEEP_HOME", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(name);
    }
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CACHE_HOME", home.join("cache"))
}

/// Returns once somebody on the bus at `address` keeps secrets.
pub fn await_secrets(address: &str) {
    const NAME: &str = "org.freedesktop.secrets";
    let bus = zbus::blocking::connection::Builder::address(address).unwrap().build().unwrap();
    let names = zbus::blocking::fdo::DBusProxy::new(&bus).unwrap();
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, NAME)]).unwrap();
    while !names.name_has_owner(NAME.try_into().unwrap()).unwrap() {
        changes.next().unwrap();
    }
}

fn start_bus(home: &Path) -> (Child, String) {
    let config = home.join("bus.conf");
    let text = format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={home}/bus</listen>
  <servicedir>{home}/services</servicedir>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"#,
        home = home.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("dbus-daemon");
    command.arg("--config-file").arg(config).args(["--nofork", "--nopidfile", "--nosyslog", "--print-address"]);
    let mut bus = enter(home, &mut command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("dbus-daemon is installed (Debian: dbus)");
    let mut address = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
    assert!(!address.trim().is_empty(), "the bus did not start");
    (bus, address.trim().to_owned())
}
