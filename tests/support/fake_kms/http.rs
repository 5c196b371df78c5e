//! As much of HTTP/1.1 as an AWS SDK speaks.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    /// By name in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The next request; `None` where the connection ends before one.
    pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(Ok(0), |length| length.parse());
        let mut body = vec![0; length.map_err(|_| io::ErrorKind::InvalidData)?];
        input.read_exact(&mut body)?;
        Ok(Some(Self { method, target, headers, body }))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// What is asked for: `TrentService.Decrypt` is how KMS's protocol spells `Decrypt`; STS's has it in a form.
    pub(super) fn action(&self) -> &str {
        let of_form = || {
            let form = std::str::from_utf8(&self.body).unwrap_or_default();
            form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default()
        };
        self.header("x-amz-target").strip_prefix("TrentService.").unwrap_or_else(of_form)
    }
}
