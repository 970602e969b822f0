//! A fixture: what is asked, what goes over the wire, what comes of it. One TOML file each, `fixtures/<ability>/<case>.toml`.

use super::peer::{Act, Seen};
use crate::text::form_fields;
use parcelward_casework::fact::Address;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    /// What it shows, in a line.
    pub(crate) about: String,
    /// What is asked.
    #[serde(default)]
    pub(crate) ask: Ask,
    /// What goes over the wire, in order; the last is the request itself, those before it are steps to it (a token).
    #[serde(default, rename = "exchange")]
    pub(crate) exchanges: Vec<Exchanged>,
    /// A push, with ability `push_in`.
    pub(crate) push: Option<PushCase>,
    /// What comes of it.
    pub(crate) expect: Value,
    /// `<ability>/<case>`.
    #[serde(skip)]
    pub(crate) name: String,
}

/// What is asked; each ability reads what it needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ask {
    /// The parcels, for tracking and subscriptions.
    pub(crate) numbers: Vec<String>,
    /// The parcel, for everything else.
    pub(crate) number: String,
    pub(crate) phone_tail: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) courier_reference: Option<String>,
    /// The reference of the intercept that is withdrawn.
    pub(crate) earlier: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) amount: Option<String>,
    pub(crate) fee: Option<String>,
    pub(crate) payer: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) address: Option<Address>,
    /// Which operation is looked up, or which work order or proof is asked for.
    pub(crate) kind: Option<String>,
    /// The state of an earlier claim or work order is asked, rather than one filed.
    pub(crate) state: bool,
}

/// A request and its answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchanged {
    pub(crate) request: Asked,
    pub(crate) response: Answered,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) path: String,
    /// Headers that must be there, names in any case.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The body, to the byte. This or `form`.
    pub(crate) body: Option<String>,
    /// The form's fields, decoded. All of them.
    pub(crate) form: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answered {
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default = "json")]
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: String,
    /// The body goes out in GBK.
    #[serde(default)]
    pub(crate) gbk: bool,
}

const fn ok() -> u16 {
    200
}
fn json() -> String {
    "application/json; charset=utf-8".to_owned()
}

/// A push as it comes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushCase {
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) query: String,
    /// The body to the byte. This or `form`.
    pub(crate) body: Option<String>,
    /// A form's fields, encoded by the suite.
    pub(crate) form: Option<BTreeMap<String, String>>,
}

impl Fixture {
    /// Reads one.
    pub(crate) fn read(folder: &Path, name: &str) -> Result<Self, String> {
        let path = folder.join(name).with_extension("toml");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{name}: {}: {}", path.display(), e.kind()))?;
        let mut fixture: Fixture = toml::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
        fixture.name = name.to_owned();
        if fixture.about.trim().is_empty() {
            return Err(format!("{name}: about is empty"));
        }
        Ok(fixture)
    }

    /// The names of all of an ability's, sorted.
    pub(crate) fn names(folder: &Path, ability: &str) -> Vec<String> {
        let files = std::fs::read_dir(folder.join(ability)).into_iter().flatten().flatten().map(|file| file.path());
        let toml = files.filter(|path| path.extension().is_some_and(|end| end == "toml"));
        let mut names: Vec<String> = toml.filter_map(|path| Some(format!("{ability}/{}", path.file_stem()?.to_str()?))).collect();
        names.sort();
        names
    }

    /// What the peer answers to each request.
    pub(crate) fn acts(&self) -> Vec<Act> {
        self.exchanges.iter().map(|e| e.response.act()).collect()
    }

    /// What the peer does where the request itself meets `last`.
    pub(crate) fn acts_but(&self, last: Act) -> Vec<Act> {
        let mut acts = self.acts();
        acts.pop();
        acts.push(last);
        acts
    }

    /// What differs between what was asked and what should be.
    pub(crate) fn misasked(&self, seen: &[Seen]) -> Vec<String> {
        let mut breaches = Vec::new();
        if seen.len() != self.exchanges.len() {
            breaches.push(format!("{}: {} requests, {} expected", self.name, seen.len(), self.exchanges.len()));
        }
        for (exchange, seen) in self.exchanges.iter().zip(seen) {
            exchange.request.differs(seen, &mut |what| breaches.push(format!("{}: {what}", self.name)));
        }
        breaches
    }
}

impl Answered {
    fn act(&self) -> Act {
        let mut headers = vec![("content-type".to_owned(), self.content_type.clone())];
        headers.extend(self.retry_after.map(|s| ("retry-after".to_owned(), s.to_string())));
        Act::Answer { status: self.status, headers, body: self.bytes() }
    }

    /// The body as bytes, without white space behind it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let text = self.body.trim_end();
        if self.gbk { encoding_rs::GBK.encode(text).0.into_owned() } else { text.as_bytes().to_vec() }
    }
}

impl Asked {
    fn differs(&self, seen: &Seen, say: &mut dyn FnMut(String)) {
        if self.path != seen.target {
            say(format!("path\n    expected {}\n    sent     {}", self.path, seen.target));
        }
        for (name, value) in &self.headers {
            let sent = seen.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
            if sent != Some(value) {
                say(format!("header {name}\n    expected {value}\n    sent     {}", sent.unwrap_or("nothing")));
            }
        }
        let sent = String::from_utf8_lossy(&seen.body);
        if let Some(body) = &self.body
            && body.trim_end() != sent
        {
            say(format!("body\n    expected {}\n    sent     {sent}", body.trim_end()));
        }
        if let Some(form) = &self.form {
            let fields: BTreeMap<String, String> = form_fields(&sent).into_iter().collect();
            if *form != fields {
                say(format!("form\n    expected {form:?}\n    sent     {fields:?}"));
            }
        }
        if self.body.is_none() && self.form.is_none() {
            say(format!("neither body nor form is given; sent was\n    {sent}"));
        }
    }
}

impl PushCase {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let form = self.form.as_ref().map(|fields| {
            let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", crate::text::form_encode(v.trim_end()))).collect();
            pairs.join("&")
        });
        self.body.as_deref().map(str::trim_end).map(str::to_owned).or(form).unwrap_or_default().into_bytes()
    }

    pub(crate) fn header_list(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}
