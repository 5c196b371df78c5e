//! A desktop portal whose person answers every file dialog at once, as the test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::blocking::{Connection, connection};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

/// On the bus until dropped.
pub struct Portal {
    _bus: Connection,
    person: Arc<Mutex<Person>>,
}

#[derive(Default)]
struct Person {
    /// The files picked in the next dialog; `None` presses Cancel.
    picks: Option<Vec<String>>,
    asked: Vec<String>,
}

impl Portal {
    pub fn start(address: &str) -> Self {
        let person = Arc::new(Mutex::new(Person::default()));
        let bus = connection::Builder::address(address)
            .unwrap()
            .serve_at("/org/freedesktop/portal/desktop", FileChooser(Arc::clone(&person)))
            .unwrap()
            .name("org.freedesktop.portal.Desktop")
            .unwrap()
            .build()
            .unwrap();
        Self { _bus: bus, person }
    }

    pub fn will_answer(&self, uris: &[&str]) {
        self.person.lock().unwrap().picks = Some(uris.iter().map(|uri| (*uri).to_owned()).collect());
    }

    pub fn will_be_cancelled(&self) {
        self.person.lock().unwrap().picks = None;
    }

    /// The dialogs shown so far: method and title.
    pub fn asked(&self) -> Vec<String> {
        self.person.lock().unwrap().asked.clone()
    }
}

struct FileChooser(Arc<Mutex<Person>>);

type Options = HashMap<String, OwnedValue>;

impl FileChooser {
    async fn answer(
        &self,
        what: String,
        options: Options,
        header: Header<'_>,
        bus: &zbus::Connection,
    ) -> zbus::fdo::Result<OwnedObjectPath> {
        let picks = {
            let mut person = self.0.lock().unwrap();
            person.asked.push(what);
            person.picks.clone()
        };
        let token: String = options["handle_token"].clone().try_into().unwrap();
        let asker = header.sender().unwrap();
        let path = format!(
            "/org/freedesktop/portal/desktop/request/{}/{token}",
            asker.trim_start_matches(':').replace('.', "_")
        );
        let results: HashMap<&str, Value<'_>> = match &picks {
            Some(uris) => [("uris", Value::from(uris.clone()))].into(),
            None => HashMap::new(),
        };
        let response = (u32::from(picks.is_none()), results);
        let message = zbus::Message::signal(path.as_str(), "org.freedesktop.portal.Request", "Response")?
            .destination(asker.clone())?
            .build(&response)?;
        let (asker, bus) = (asker.to_string(), Connection::from(bus.clone()));
        std::thread::spawn(move || tell_until_heard(&bus, &message, asker.as_str()));
        Ok(OwnedObjectPath::try_from(path).unwrap())
    }
}

/// No person is as quick as this one: whoever asked may still be reading that there is a dialog, and the file dialogs' library
/// then waits for ever for an answer that it holds already. So the answer is given until the asker is gone.
fn tell_until_heard(bus: &Connection, answer: &zbus::Message, asker: &str) {
    let names = zbus::blocking::fdo::DBusProxy::new(bus).unwrap();
    while names.name_has_owner(asker.try_into().unwrap()).is_ok_and(|present| present) {
        bus.send(answer).unwrap();
    }
}

#[zbus::interface(name = "org.freedesktop.portal.FileChooser")]
impl FileChooser {
    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        3
    }

    async fn open_file(
        &self,
        _parent: String,
        title: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &zbus::Connection,
    ) -> zbus::fdo::Result<OwnedObjectPath> {
        self.answer(format!("OpenFile {title}"), options, header, bus).await
    }

    async fn save_file(
        &self,
        _parent: String,
        title: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] bus: &zbus::Connection,
    ) -> zbus::fdo::Result<OwnedObjectPath> {
        self.answer(format!("SaveFile {title}"), options, header, bus).await
    }
}
