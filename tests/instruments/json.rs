//! A JSON tree that keeps the order of keys, repeated keys, and every number and string as it is written.

/// A document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json {
    /// Keys as they are written, quotes included.
    Object(Vec<(Vec<u8>, Json)>),
    /// `[...]`
    Array(Vec<Json>),
    /// As it is written, quotes included.
    String(Vec<u8>),
    /// A number or word, as it is written.
    Scalar(Vec<u8>),
}

impl Json {
    /// The document that begins at the first byte, and how many bytes it takes. Nothing is checked that is not needed.
    pub fn parse(bytes: &[u8]) -> Option<(Json, usize)> {
        let mut at = 0;
        let json = Self::value(bytes, &mut at)?;
        Some((json, at))
    }

    fn value(bytes: &[u8], at: &mut usize) -> Option<Json> {
        skip_space(bytes, at);
        match *bytes.get(*at)? {
            b'{' => {
                let mut fields = Vec::new();
                *at += 1;
                loop {
                    skip_space(bytes, at);
                    match *bytes.get(*at)? {
                        b'}' => break,
                        b',' => *at += 1,
                        b'"' => {
                            let key = string(bytes, at)?;
                            skip_space(bytes, at);
                            if bytes.get(*at) != Some(&b':') {
                                return None;
                            }
                            *at += 1;
                            fields.push((key, Self::value(bytes, at)?));
                        }
                        _ => return None,
                    }
                }
                *at += 1;
                Some(Json::Object(fields))
            }
            b'[' => {
                let mut items = Vec::new();
                *at += 1;
                loop {
                    skip_space(bytes, at);
                    match *bytes.get(*at)? {
                        b']' => break,
                        b',' => *at += 1,
                        _ => items.push(Self::value(bytes, at)?),
                    }
                }
                *at += 1;
                Some(Json::Array(items))
            }
            b'"' => string(bytes, at).map(Json::String),
            _ => {
                let from = *at;
                while bytes.get(*at).is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r')) {
                    *at += 1;
                }
                (*at > from).then(|| Json::Scalar(bytes[from..*at].to_vec()))
            }
        }
    }

    /// Writes it compactly.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Object(fields) => {
                out.push(b'{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(key);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
            Json::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::String(raw) | Json::Scalar(raw) => out.extend_from_slice(raw),
        }
    }

    /// The document as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// How many values it holds, itself included.
    pub fn count(&self) -> usize {
        1 + match self {
            Json::Object(fields) => fields.iter().map(|(_, value)| value.count()).sum(),
            Json::Array(items) => items.iter().map(Json::count).sum(),
            _ => 0,
        }
    }

    /// The value at a position, counted from itself through its inside.
    pub fn nth_mut(&mut self, mut nth: usize) -> Option<&mut Json> {
        if nth == 0 {
            return Some(self);
        }
        nth -= 1;
        let children: Vec<&mut Json> = match self {
            Json::Object(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
            Json::Array(items) => items.iter_mut().collect(),
            _ => return None,
        };
        for child in children {
            let count = child.count();
            if nth < count {
                return child.nth_mut(nth);
            }
            nth -= count;
        }
        None
    }

    /// Calls `act` with each value, the inner ones first.
    pub fn each_mut(&mut self, act: &mut impl FnMut(&mut Json)) {
        match self {
            Json::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.each_mut(act)),
            Json::Array(items) => items.iter_mut().for_each(|item| item.each_mut(act)),
            _ => {}
        }
        act(self);
    }
}

fn skip_space(bytes: &[u8], at: &mut usize) {
    while matches!(bytes.get(*at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        *at += 1;
    }
}

/// A string with its quotes.
fn string(bytes: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let from = *at;
    *at += 1;
    loop {
        match *bytes.get(*at)? {
            b'"' => break,
            b'\\' => *at += 2,
            _ => *at += 1,
        }
    }
    *at += 1;
    bytes.get(from..*at).map(<[u8]>::to_vec)
}
