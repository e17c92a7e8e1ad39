//! One lazy pass over a record: finds its end, checks that its brackets and strings balance, and keeps the spans of the
//! fields whose keys are in the vocabulary.
//!
//! Nothing is unescaped, no number is parsed, and what nobody asked for is skipped without being entered. The spans are
//! handed out only when the record has ended: a line that was cut off half-way carries plausible fields. May not know
//! agents, rules or output.

pub mod blocks;
pub mod keys;
mod repeats;

use crate::text::Text;
use crate::time::Seconds;
use blocks::{Masks, Visitor, Walked};
pub use keys::Key;
use keys::{KEY_BYTES_MAX, KEY_COUNT, KeySet};

/// Levels of nesting that are interpreted; deeper records are counted `too_deep`.
pub const DEPTH_MAX: usize = 128;
/// Spans kept of one record; a record with more is counted `too_long`.
pub const NODES_MAX: usize = 1 << 20;
/// Spans that there is room for until a record has more.
const NODES_MIN: usize = 1 << 12;
/// How many times more room there is then.
const NODES_GROWTH: usize = 4;
/// Keys that [`Value::first_of`] looks for at a time.
const FIRST_OF_MAX: usize = 16;
/// Digits of a number that can be an id.
const NUMBER_BYTES_MAX: usize = 64;

/// No node: the answer of every question about a field that is not there.
const MISSING: u32 = u32::MAX;

/// What a kept value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// A number, `true`, `false`, `null`, or whatever stands in the place of one.
    Scalar,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Object, Self::Array, Self::String, Self::Scalar];
}

/// A kept value as four numbers: where it starts; where it ends (behind a string or a scalar, white space may stand before
/// that); the next value after its inside; its key, and above that its kind.
type Node = [u32; 4];

const KIND_SHIFT: u32 = 16;

#[inline(always)]
const fn node_key([.., key_and_kind]: Node) -> Key {
    Key::from_position(key_and_kind as u16)
}

#[inline(always)]
fn node_kind([.., key_and_kind]: Node) -> Kind {
    Kind::ALL.get((key_and_kind >> KIND_SHIFT) as usize).copied().unwrap_or(Kind::Scalar)
}

/// Why no record could be read at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No object begins there.
    NotObject,
    /// It does not balance before the line ends.
    Unbalanced,
    /// It nests deeper than [`DEPTH_MAX`]; it ends after so many bytes.
    TooDeep(usize),
    /// It has more than [`NODES_MAX`] kept values; it ends after so many bytes.
    TooManyNodes(usize),
}

/// Why a pass over a record stopped before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// There is no record.
    Fault(Fault),
    /// Neither the record nor the line has ended in the bytes so far.
    More,
}

/// The scanner's memory, reused from record to record.
pub struct Scanner {
    nodes: Vec<Node>,
    /// For each level that was entered, its container's node.
    stack: [u32; DEPTH_MAX + 1],
    /// Keys of the record itself.
    top: KeySet,
    /// Where the record's own fields are, by key: of use only for keys that the record has.
    top_nodes: [u32; KEY_COUNT],
    /// Where a pass stands that wants more bytes.
    state: State,
    walked: Walked,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Scanner {
    /// A scanner with room for the records that most logs hold.
    pub fn new() -> Self {
        Self {
            nodes: vec![[0; 4]; NODES_MIN],
            stack: [MISSING; DEPTH_MAX + 1],
            top: KeySet::default(),
            top_nodes: [MISSING; KEY_COUNT],
            state: State::START,
            walked: Walked::default(),
        }
    }

    /// Reads the object that begins at the first byte of `bytes`; a line end ends them.
    ///
    /// # Errors
    /// Says why there is no record at this place.
    pub fn scan<'line>(&'line mut self, bytes: &'line [u8]) -> Result<Record<'line>, Fault> {
        self.scan_within(bytes, bytes.len())
    }

    /// The same for the first `len` bytes of `bytes`; what stands behind them saves a copy and is not looked at.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub fn scan_within<'line>(&'line mut self, bytes: &'line [u8], len: usize) -> Result<Record<'line>, Fault> {
        self.begin();
        match self.go_on(bytes, len, true) {
            Ok(record) => Ok(record),
            Err(Halt::Fault(fault)) => Err(fault),
            Err(Halt::More) => Err(Fault::Unbalanced),
        }
    }

    /// Begins a record for [`Self::go_on`].
    #[inline]
    pub fn begin(&mut self) {
        self.top = KeySet::default();
        self.state = State::START;
        self.walked = Walked::default();
    }

    /// How many bytes of the record were passed over, so that no line end stands in them.
    pub const fn passed_bytes(&self) -> usize {
        self.walked.at
    }

    /// Reads the record that was begun. `bytes` begin where it begins, at each call; so many of them are there, and
    /// these are the `last` there will be. What was passed over in an earlier call is not looked at again.
    ///
    /// # Errors
    /// Says why there is no record, or wants more bytes.
    #[inline]
    pub fn go_on<'line>(&'line mut self, bytes: &'line [u8], len: usize, is_last: bool) -> Result<Record<'line>, Halt> {
        if bytes.first() != Some(&b'{') || len == 0 {
            return Err(Halt::Fault(Fault::NotObject));
        }
        let state = loop {
            let mut walk = Walk {
                bytes: bytes.get(..len).unwrap_or(bytes),
                nodes: &mut self.nodes,
                stack: &mut self.stack,
                top: &mut self.top,
                top_nodes: &mut self.top_nodes,
                state: self.state,
            };
            if walk.state.awaited > 0 {
                walk.value_awaited();
            }
            let (walk, stop) = blocks::walk(bytes, len, is_last, &mut self.walked, walk);
            let state = walk.state;
            if state.is_overflowing && self.nodes.len() < NODES_MAX {
                // More than there is room for: once more from the beginning, with room for it.
                self.nodes.resize((self.nodes.len() * NODES_GROWTH).min(NODES_MAX), [0; 4]);
                self.begin();
                continue;
            }
            match stop {
                blocks::Stop::Visitor if state.depth == 0 => break state,
                blocks::Stop::Visitor | blocks::Stop::LineEnd => return Err(Halt::Fault(Fault::Unbalanced)),
                blocks::Stop::Bytes => {
                    self.state = state;
                    return Err(Halt::More);
                }
            }
        };
        let end = state.before + 1;
        if state.is_deep {
            return Err(Halt::Fault(Fault::TooDeep(end)));
        }
        if state.is_overflowing {
            return Err(Halt::Fault(Fault::TooManyNodes(end)));
        }
        let mut count = state.nodes as usize;
        if count >= repeats::RECORD_NODES_MIN {
            count = repeats::drop_repeated(self.nodes.get_mut(..count).unwrap_or_default(), &mut self.top_nodes);
        }
        let bytes = bytes.get(..end).unwrap_or(bytes);
        Ok(Record {
            doc: Doc { bytes, nodes: self.nodes.get(..count).unwrap_or_default() },
            top: &self.top,
            top_nodes: &self.top_nodes,
            fields: state.fields,
            len: end,
        })
    }
}

/// What a pass knows between two blocks.
#[derive(Clone, Copy)]
struct State {
    depth: usize,
    /// The depth down to which containers are entered; deeper ones are being skipped.
    entered: usize,
    /// One bit a level, the innermost lowest: the container is an array.
    arrays: u128,
    /// The last bracket or separator of an entered container: a key begins behind it, a record ends at it.
    before: usize,
    /// The key whose value comes next, if the value is a container that is wanted, or is awaited.
    pending: Option<Key>,
    /// From where on a value must begin that had not been read when its colon or bracket was; 0 where none is awaited.
    awaited: usize,
    /// The scalar or string that ends at the next comma or closing bracket.
    open_scalar: u32,
    /// The container that is kept as a whole while its inside is skipped.
    kept_whole: u32,
    /// Fields of the record itself, whatever their names.
    fields: u32,
    /// Values kept so far.
    nodes: u32,
    is_overflowing: bool,
    is_deep: bool,
}

impl State {
    const START: Self = Self {
        depth: 0,
        entered: 0,
        arrays: 0,
        before: 0,
        pending: Some(Key::ROOT),
        awaited: 0,
        open_scalar: MISSING,
        kept_whole: MISSING,
        fields: 0,
        nodes: 0,
        is_overflowing: false,
        is_deep: false,
    };
}

/// One pass.
struct Walk<'s> {
    bytes: &'s [u8],
    nodes: &'s mut [Node],
    stack: &'s mut [u32; DEPTH_MAX + 1],
    top: &'s mut KeySet,
    top_nodes: &'s mut [u32; KEY_COUNT],
    state: State,
}

impl Visitor for Walk<'_> {
    // On its own, so that its state has the registers to itself; and on a copy of it, which the compiler can keep there.
    #[inline(never)]
    fn block(&mut self, base: usize, masks: Masks) -> bool {
        let mut walk = Walk {
            bytes: self.bytes,
            nodes: &mut *self.nodes,
            stack: &mut *self.stack,
            top: &mut *self.top,
            top_nodes: &mut *self.top_nodes,
            state: self.state,
        };
        let goes_on = walk.structure(base, masks);
        self.state = walk.state;
        goes_on
    }
}

impl Walk<'_> {
    /// Follows the structure of one block. False where it matches not, or where the record ends.
    #[inline(always)]
    fn structure(&mut self, base: usize, masks: Masks) -> bool {
        let all = masks.brackets | masks.separators;
        let mut rest = if self.state.depth > self.state.entered { masks.brackets } else { all };
        while rest != 0 {
            let at = base + rest.trailing_zeros() as usize;
            rest &= rest - 1;
            match self.bytes.get(at) {
                Some(b':') => self.colon(at),
                Some(b',') => self.comma(at),
                Some(bracket @ (b'{' | b'[')) => {
                    self.open(at, *bracket == b'[');
                    if self.state.depth > self.state.entered {
                        rest &= masks.brackets;
                    }
                }
                Some(bracket @ (b'}' | b']')) => {
                    let was_skipping = self.state.depth > self.state.entered;
                    if !self.close(at, *bracket == b']') {
                        return false;
                    }
                    if was_skipping && self.state.depth == self.state.entered {
                        // Everything after this bracket counts again.
                        rest = all & (u64::MAX << (at - base)) << 1;
                    }
                }
                _ => {}
            }
        }
        true
    }

    #[inline(always)]
    fn is_in_array(&self) -> bool {
        self.state.arrays & 1 != 0
    }

    #[inline(always)]
    fn open(&mut self, at: usize, is_array: bool) {
        let state = &mut self.state;
        let key = if state.arrays & 1 != 0 { Some(Key::ITEM) } else { state.pending.take() };
        let was_skipping = state.depth > state.entered;
        state.depth += 1;
        state.arrays = (state.arrays << 1) | u128::from(is_array);
        if state.depth > DEPTH_MAX {
            state.is_deep = true;
            return;
        }
        if was_skipping {
            return;
        }
        // A bracket in the place of a value whose scalar was opened: `"key" : junk {`. The container wins.
        state.open_scalar = MISSING;
        let Some(key) = key else { return };
        let node = self.push(key, if is_array { Kind::Array } else { Kind::Object }, at);
        let state = &mut self.state;
        if !key.is_entered() {
            state.kept_whole = node;
            return;
        }
        state.entered = state.depth;
        state.before = at;
        if let Some(level) = self.stack.get_mut(state.depth) {
            *level = node;
        }
        if is_array {
            self.begin_item(at + 1);
        }
    }

    /// False where the bracket does not match, or is the record's last.
    #[inline(always)]
    fn close(&mut self, at: usize, is_array: bool) -> bool {
        let state = &mut self.state;
        if state.depth == 0 || ((state.arrays & 1 != 0) != is_array && !state.is_deep) {
            state.depth = usize::MAX;
            return false;
        }
        state.depth -= 1;
        state.arrays >>= 1;
        if state.depth >= state.entered {
            // The end of what was skipped.
            if state.depth == state.entered && state.kept_whole != MISSING {
                let node = std::mem::replace(&mut state.kept_whole, MISSING);
                self.end_container(node, at + 1);
            }
            return true;
        }
        state.before = at;
        state.entered = state.depth;
        let node = self.stack.get(state.depth + 1).copied();
        self.end_scalar(at);
        self.end_container(node.unwrap_or(MISSING), at + 1);
        self.state.depth > 0
    }

    #[inline(always)]
    fn end_container(&mut self, node: u32, end: usize) {
        if let Some([_, its_end, after, _]) = self.nodes.get_mut(node as usize) {
            *its_end = end as u32;
            *after = self.state.nodes;
        }
    }

    /// A colon of an entered container.
    #[inline(always)]
    fn colon(&mut self, at: usize) {
        if self.is_in_array() {
            return;
        }
        let is_top = self.state.depth == 1;
        self.state.fields += u32::from(is_top);
        let before = std::mem::replace(&mut self.state.before, at);
        let Some(key) = key_between(self.bytes, before + 1, at) else { return };
        if is_top {
            self.top.insert(key);
            if let Some(slot) = self.top_nodes.get_mut(key.position()) {
                // Whatever its value is, its node is the next one.
                *slot = self.state.nodes;
            }
        }
        self.value(key, at + 1);
    }

    /// The value of this key begins at the first byte from here on that is not white space.
    #[inline(always)]
    fn value(&mut self, key: Key, mut start: usize) {
        loop {
            let kind = match self.bytes.get(start) {
                Some(b'"') => Kind::String,
                Some(b'{' | b'[') => {
                    self.state.pending = Some(key);
                    return;
                }
                None => {
                    self.state.pending = Some(key);
                    self.state.awaited = start;
                    return;
                }
                Some(b' ' | b'\t' | b'\r') => {
                    start += 1;
                    continue;
                }
                Some(_) => Kind::Scalar,
            };
            self.state.open_scalar = self.push(key, kind, start);
            return;
        }
    }

    #[inline(always)]
    fn comma(&mut self, at: usize) {
        self.end_scalar(at);
        self.state.before = at;
        if self.is_in_array() {
            self.begin_item(at + 1);
        }
    }

    /// More was read: the value that is awaited may be there.
    #[cold]
    fn value_awaited(&mut self) {
        let start = std::mem::take(&mut self.state.awaited);
        match self.state.pending.take() {
            Some(key) => self.value(key, start),
            None => self.begin_item(start),
        }
    }

    /// Opens an array's item where it is a string: lists of numbers are nobody's evidence.
    #[inline(always)]
    fn begin_item(&mut self, mut at: usize) {
        loop {
            match self.bytes.get(at) {
                Some(b' ' | b'\t' | b'\r') => at += 1,
                Some(b'"') => {
                    self.state.open_scalar = self.push(Key::ITEM, Kind::String, at);
                    return;
                }
                None => {
                    self.state.awaited = at;
                    return;
                }
                Some(_) => return,
            }
        }
    }

    #[inline(always)]
    fn end_scalar(&mut self, at: usize) {
        let open = std::mem::replace(&mut self.state.open_scalar, MISSING);
        if let Some([_, end, ..]) = self.nodes.get_mut(open as usize) {
            *end = at as u32;
        }
    }

    #[inline(always)]
    fn push(&mut self, key: Key, kind: Kind, at: usize) -> u32 {
        let node = self.state.nodes;
        let Some(slot) = self.nodes.get_mut(node as usize) else {
            self.state.is_overflowing = true;
            return MISSING;
        };
        let start = at as u32;
        *slot = [start, start, node + 1, key.position() as u32 | (kind as u32) << KIND_SHIFT];
        self.state.nodes = node + 1;
        node
    }
}

/// The key that stands between a bracket or a comma and a colon.
#[inline(always)]
fn key_between(bytes: &[u8], start: usize, end: usize) -> Option<Key> {
    match bytes.get(start..end)? {
        [b'"', name @ .., b'"'] => Key::named(name).or_else(|| escaped_key(name)),
        padded => padded_key(padded),
    }
}

/// A key with white space around it.
#[inline(never)]
fn padded_key(padded: &[u8]) -> Option<Key> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let start = padded.iter().position(|byte| !is_space(byte))?;
    let end = padded.iter().rposition(|byte| !is_space(byte))? + 1;
    match padded.get(start..end)? {
        [b'"', name @ .., b'"'] => Key::named(name).or_else(|| escaped_key(name)),
        _ => None,
    }
}

/// A key that is written with escapes; `\u0041` is the longest way to write one of its characters.
#[inline]
fn escaped_key(name: &[u8]) -> Option<Key> {
    if name.len() > KEY_BYTES_MAX * 6 || !has_escape(name) {
        return None;
    }
    Text::json(name).ask(Key::named).flatten()
}

/// A backslash stands in the name. Names are short: eight bytes at a time are done before a search would have begun.
#[inline]
fn has_escape(name: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    let (chunks, rest) = name.as_chunks::<8>();
    let has = |chunk: &[u8; 8]| {
        let differing = u64::from_le_bytes(*chunk) ^ (ONES * b'\\' as u64);
        differing.wrapping_sub(ONES) & !differing & (ONES << 7) != 0
    };
    chunks.iter().any(has)
        || match name.last_chunk::<8>() {
            Some(last) => has(last),
            None => rest.contains(&b'\\'),
        }
}

/// A record that has ended: its fields may be read.
#[derive(Clone, Copy)]
pub struct Record<'line> {
    doc: Doc<'line>,
    top: &'line KeySet,
    top_nodes: &'line [u32; KEY_COUNT],
    fields: u32,
    len: usize,
}

impl<'line> Record<'line> {
    /// Its length in bytes, from `{` to `}`.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// A record is never empty.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// The record itself has a field of this name.
    #[inline]
    pub fn has(&self, key: Key) -> bool {
        self.top.has(key)
    }

    /// The names of its own fields, as far as they are in the vocabulary.
    #[inline]
    pub const fn keys(&self) -> &KeySet {
        self.top
    }

    /// The record has every one of these fields.
    #[inline]
    pub fn has_all(&self, keys: &[Key]) -> bool {
        keys.iter().all(|key| self.has(*key))
    }

    /// The record has every one of these fields, and no other, known or not.
    pub fn has_only(&self, keys: &[Key]) -> bool {
        self.fields as usize == keys.len() && self.has_all(keys)
    }

    /// How many fields the record itself has, whatever their names.
    pub const fn field_count(&self) -> u32 {
        self.fields
    }

    /// The first of these fields that is there and not `null`.
    pub fn first_of(&self, keys: &[Key]) -> Value<'line> {
        keys.iter().map(|key| self.get(*key)).find(Value::is_given).unwrap_or(Value { doc: self.doc, at: MISSING })
    }

    /// The record as a value.
    pub const fn root(&self) -> Value<'line> {
        Value { doc: self.doc, at: 0 }
    }

    /// The value of a field of the record itself.
    #[inline]
    pub fn get(&self, key: Key) -> Value<'line> {
        let at = if self.has(key) { self.top_nodes.get(key.position()).copied() } else { None };
        // A key without a value is no field.
        let at = at.filter(|at| self.doc.nodes.get(*at as usize).is_some_and(|node| node_key(*node) == key));
        Value { doc: self.doc, at: at.unwrap_or(MISSING) }
    }
}

#[derive(Clone, Copy)]
struct Doc<'line> {
    bytes: &'line [u8],
    nodes: &'line [Node],
}

/// A value of the record, or the absence of one: every question may be asked of both.
#[derive(Clone, Copy)]
pub struct Value<'line> {
    doc: Doc<'line>,
    at: u32,
}

impl Default for Value<'_> {
    /// The absence of a value.
    fn default() -> Self {
        Self { doc: Doc { bytes: &[], nodes: &[] }, at: MISSING }
    }
}

impl<'line> Value<'line> {
    #[inline]
    fn node(&self) -> Option<Node> {
        self.doc.nodes.get(self.at as usize).copied()
    }

    /// Its bytes as they stand in the record.
    fn span(&self) -> &'line [u8] {
        let span = self.node().and_then(|[start, end, ..]| self.doc.bytes.get(start as usize..end as usize));
        let mut span = span.unwrap_or_default();
        while let [rest @ .., b' ' | b'\t' | b'\r'] = span {
            span = rest;
        }
        span
    }

    /// There is such a value (`null` is one).
    pub fn exists(&self) -> bool {
        self.node().is_some()
    }

    /// There is such a value and it is not `null`.
    pub fn is_given(&self) -> bool {
        self.kind().is_some_and(|kind| kind != Kind::Scalar || self.span() != b"null")
    }

    /// What it is.
    pub fn kind(&self) -> Option<Kind> {
        self.node().map(node_kind)
    }

    /// It is an object.
    pub fn is_object(&self) -> bool {
        self.kind() == Some(Kind::Object)
    }

    /// It is an array.
    pub fn is_array(&self) -> bool {
        self.kind() == Some(Kind::Array)
    }

    /// It is a string.
    pub fn is_string(&self) -> bool {
        self.kind() == Some(Kind::String)
    }

    /// The key it stands under.
    pub fn key(&self) -> Option<Key> {
        self.node().map(node_key)
    }

    /// It is an object without any field, as written: `{}`.
    pub fn is_empty_object(&self) -> bool {
        self.is_object() && self.span().iter().all(|byte| matches!(byte, b'{' | b'}' | b' ' | b'\t'))
    }

    /// The field of an object; of several with one name, the last.
    pub fn get(&self, key: Key) -> Value<'line> {
        let mut found = MISSING;
        for child in self.fields() {
            if child.key() == Some(key) {
                found = child.at;
            }
        }
        Value { doc: self.doc, at: found }
    }

    /// The first of these fields that is there and not `null`.
    pub fn first_of(&self, keys: &[Key]) -> Value<'line> {
        // One pass over the fields; the last of each name is kept.
        debug_assert!(keys.len() <= FIRST_OF_MAX);
        let mut found = [MISSING; FIRST_OF_MAX];
        for child in self.fields() {
            let place = child.key().and_then(|key| keys.iter().position(|wanted| *wanted == key));
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = child.at;
            }
        }
        let values = found.iter().take(keys.len()).map(|at| Value { doc: self.doc, at: *at });
        values.into_iter().find(Value::is_given).unwrap_or(Value { doc: self.doc, at: MISSING })
    }

    /// The kept values directly inside of it: an object's fields, an array's items.
    pub fn children(&self) -> Children<'line> {
        match self.node() {
            Some(node @ [_, _, after, _]) if matches!(node_kind(node), Kind::Object | Kind::Array) => {
                Children { doc: self.doc, next: self.at + 1, end: after }
            }
            _ => Children { doc: self.doc, next: 0, end: 0 },
        }
    }

    /// The fields of an object; nothing for any other value.
    fn fields(&self) -> Children<'line> {
        match self.node() {
            Some(node @ [_, _, after, _]) if node_kind(node) == Kind::Object => {
                Children { doc: self.doc, next: self.at + 1, end: after }
            }
            _ => Children { doc: self.doc, next: 0, end: 0 },
        }
    }

    /// The items of an array that are objects, arrays or strings; nothing for any other value.
    pub fn items(&self) -> Children<'line> {
        if self.is_array() { self.children() } else { Children { doc: self.doc, next: 0, end: 0 } }
    }

    /// A string's text; the empty text for any other value.
    #[inline]
    pub fn text(&self) -> Text<'line> {
        match self.node() {
            Some(node) if node_kind(node) == Kind::String => {
                let span = self.span();
                Text::json(span.get(1..span.len().saturating_sub(1)).unwrap_or_default())
            }
            _ => Text::EMPTY,
        }
    }

    /// The text of a string, or the digits of a number; the empty text for any other value.
    pub fn id(&self) -> Text<'line> {
        match self.kind() {
            Some(Kind::String) => self.text(),
            Some(Kind::Scalar)
                if self.span().len() <= NUMBER_BYTES_MAX
                    && self.span().iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') =>
            {
                Text::plain(self.span())
            }
            _ => Text::EMPTY,
        }
    }

    /// An object's or array's own writing, for a look inside that is not part of the scan.
    pub fn source(&self) -> Text<'line> {
        match self.kind() {
            Some(Kind::Object | Kind::Array) => Text::plain(self.span()),
            _ => Text::EMPTY,
        }
    }

    /// It is this string.
    #[inline]
    pub fn is(&self, word: &str) -> bool {
        self.is_string() && self.text().is(word)
    }

    /// It is one of these strings.
    pub fn is_one_of(&self, words: &[&str]) -> bool {
        self.is_string() && self.text().is_one_of(words)
    }

    /// The boolean that it is.
    pub fn flag(&self) -> Option<bool> {
        match (self.kind()?, self.span()) {
            (Kind::Scalar, b"true") => Some(true),
            (Kind::Scalar, b"false") => Some(false),
            _ => None,
        }
    }

    /// It is `true`.
    pub fn is_true(&self) -> bool {
        self.flag() == Some(true)
    }

    /// It is `false`.
    pub fn is_false(&self) -> bool {
        self.flag() == Some(false)
    }

    /// The whole number that it is, or that its string writes: `1`, `1.0`, `"1"`.
    pub fn number(&self) -> Option<i64> {
        match self.kind()? {
            Kind::Scalar => Text::plain(self.span()).number(),
            Kind::String => self.text().number(),
            _ => None,
        }
    }

    /// The number as an exit code: -255 to 255, or a Windows status as unsigned 32 bit.
    pub fn exit_code(&self) -> Option<i64> {
        exit_code(self.number()?)
    }

    /// The time that it states, as a string or as a number since 1970.
    pub fn time(&self) -> Option<Seconds> {
        match self.kind()? {
            Kind::Scalar => Text::plain(self.span()).time(),
            Kind::String => self.text().time(),
            _ => None,
        }
    }
}

/// The number as an exit code: -255 to 255, or a Windows status as unsigned 32 bit.
pub fn exit_code(number: i64) -> Option<i64> {
    match number {
        -255..=255 => Some(number),
        // A Windows status that was read as signed.
        -2_147_483_648..=-256 => Some(number + (1 << 32)),
        256..=4_294_967_295 => Some(number),
        _ => None,
    }
}

/// The values directly inside of another.
#[derive(Clone, Copy)]
pub struct Children<'line> {
    doc: Doc<'line>,
    next: u32,
    end: u32,
}

impl<'line> Iterator for Children<'line> {
    type Item = Value<'line>;

    #[inline]
    fn next(&mut self) -> Option<Value<'line>> {
        if self.next >= self.end {
            return None;
        }
        let value = Value { doc: self.doc, at: self.next };
        let [_, _, after, _] = value.node()?;
        self.next = after;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn scanned<R>(json: &str, look: impl FnOnce(Result<Record<'_>, Fault>) -> R) -> R {
        look(Scanner::new().scan(json.as_bytes()))
    }

    #[test]
    fn fields_are_found_at_their_places_in_any_order() {
        let json = r#"{"unheard":{"type":"no"},"payload" : {"call_id":"c","type" :"out" , "output":["a",{"text":"b"}]},"type":"x"} tail"#;
        scanned(json, |record| {
            let record = record.unwrap();
            assert_eq!(record.len(), json.len() - 5);
            assert!(record.get(Key::type_).is("x"));
            let payload = record.get(Key::payload);
            assert!(payload.get(Key::type_).is("out"));
            assert!(payload.get(Key::call_id).is("c"));
            let items: Vec<_> = payload.get(Key::output).items().collect();
            assert_eq!(items.len(), 2);
            assert!(items[0].is("a"));
            assert!(items[1].get(Key::text).is("b"));
            assert!(!record.get(Key::event).exists());
        });
    }

    #[test]
    fn a_value_may_be_read_later_than_its_colon_wherever_a_block_ends() {
        for pad in 0..64 {
            let id = "x".repeat(pad);
            for space in ["", " ", "  \t"] {
                let json = format!(
                    r#"{{"id":"{id}","type":{space}"a","payload":{space}{{"call_id":{space}"c","success":{space}true}},"errors":[{space}"e"]}}"#
                );
                let line = format!("{json}\n");
                let mut scanner = Scanner::new();
                scanner.begin();
                let whole = (1..line.len())
                    .find(|len| !matches!(scanner.go_on(&line.as_bytes()[..*len], *len, false), Err(Halt::More)));
                scanner.begin();
                for len in 1..whole.unwrap_or(line.len()) {
                    assert!(matches!(scanner.go_on(&line.as_bytes()[..len], len, false), Err(Halt::More)));
                }
                let len = whole.unwrap_or(line.len());
                let Ok(record) = scanner.go_on(&line.as_bytes()[..len], len, false) else {
                    panic!("no record in {json}")
                };
                assert!(record.get(Key::type_).is("a"), "{json}");
                assert!(record.get(Key::payload).get(Key::call_id).is("c"), "{json}");
                assert!(record.get(Key::payload).get(Key::success).is_true(), "{json}");
                assert!(record.get(Key::errors).items().next().is_some_and(|error| error.is("e")), "{json}");
            }
        }
    }

    #[test]
    fn an_input_is_kept_whole_and_never_entered() {
        scanned(r#"{"input":{"type":"tool_result","is_error":true},"id":"1"}"#, |record| {
            let record = record.unwrap();
            assert!(!record.get(Key::input).get(Key::is_error).exists());
            assert!(record.get(Key::input).source().starts_with("{\"type\":"));
            assert!(record.get(Key::id).is("1"));
        });
    }

    #[test]
    fn keys_written_with_escapes_are_the_same_keys_and_the_last_of_two_counts() {
        scanned(r#"{"\u0074ype":"a","type":"b","t\u0079pe":"c"}"#, |record| {
            assert!(record.unwrap().get(Key::type_).is("c"));
        });
    }

    #[test]
    fn a_record_with_more_values_than_there_is_room_for_is_read_whole() {
        let json = format!(r#"{{"content":[{}"x"],"id":"1"}}"#, r#"{"text":"a"},"#.repeat(NODES_MIN * 5));
        let mut scanner = Scanner::new();
        let check = |record: Record<'_>| {
            assert_eq!(record.len(), json.len());
            assert_eq!(record.get(Key::content).items().count(), NODES_MIN * 5 + 1);
            assert!(record.get(Key::id).is("1"));
        };
        check(scanner.scan(json.as_bytes()).unwrap());
        let mut scanner = Scanner::new();
        scanner.begin();
        for cut in [json.len() / 3, json.len() / 2, json.len() - 1] {
            assert!(matches!(scanner.go_on(json.as_bytes(), cut, false), Err(Halt::More)));
        }
        check(scanner.go_on(json.as_bytes(), json.len(), true).unwrap());
    }

    #[test]
    fn an_escape_is_seen_wherever_it_stands_in_a_name() {
        for len in 0..40 {
            let mut name = vec![b'\\' ^ 1; len];
            assert!(!has_escape(&name));
            for at in 0..len {
                name[at] = b'\\';
                assert!(has_escape(&name), "{at} of {len}");
                name[at] = 0x80;
            }
            assert!(!has_escape(&name));
        }
    }

    #[test]
    fn fields_without_a_known_name_are_counted_too() {
        scanned(r#"{"type":"done","unheard":{"type":"x","a":1},"other":[{"b":2}]}"#, |record| {
            let record = record.unwrap();
            assert_eq!(record.field_count(), 3);
            assert!(!record.has_only(&[Key::type_]));
        });
        scanned(r#"{"type" : "done"}"#, |record| assert!(record.unwrap().has_only(&[Key::type_])));
    }

    #[test]
    fn what_does_not_balance_is_no_record() {
        for json in ["{", r#"{"a":"b"#, r#"{"a":[1}"#, r#"{"a":{"b":1}"#, r#"{"a":"\"}"#] {
            assert_eq!(scanned(json, |record| record.err()), Some(Fault::Unbalanced), "{json}");
        }
        assert_eq!(scanned("[1]", |record| record.err()), Some(Fault::NotObject));
        let deep = format!("{{\"content\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(scanned(&deep, |record| record.err()), Some(Fault::TooDeep(deep.len())));
    }

    /// What simd-json makes of the fields that the vocabulary knows, as `path=value` lines.
    fn oracle(value: &simd_json::OwnedValue, key: Key, path: &str, out: &mut Vec<String>) {
        use simd_json::prelude::*;
        if let Some(object) = value.as_object() {
            if !key.is_entered() {
                return;
            }
            for (name, value) in object {
                if let Some(key) = Key::named(name.as_bytes()) {
                    oracle(value, key, &format!("{path}.{name}"), out);
                }
            }
        } else if let Some(array) = value.as_array() {
            if !key.is_entered() {
                return;
            }
            for (at, value) in
                array.iter().filter(|item| item.is_object() || item.is_array() || item.is_str()).enumerate()
            {
                oracle(value, Key::ITEM, &format!("{path}[{at}]"), out);
            }
        } else if let Some(text) = value.as_str() {
            out.push(format!("{path}={text}"));
        } else if let Some(number) = value.as_i64() {
            out.push(format!("{path}#{number}"));
        } else if let Some(flag) = value.as_bool() {
            out.push(format!("{path}?{flag}"));
        }
    }

    fn seen(value: Value<'_>, path: &str, out: &mut Vec<String>) {
        let mut at = 0;
        for child in value.children() {
            let key = child.key().unwrap();
            let path = if key == Key::ITEM {
                at += 1;
                format!("{path}[{}]", at - 1)
            } else {
                format!("{path}.{}", keys::WORDS_FOR_TESTS[key.position()])
            };
            if child.is_string() {
                let mut text = Vec::new();
                child.text().unescape_into(usize::MAX, &mut text);
                out.push(format!("{path}={}", String::from_utf8_lossy(&text)));
            } else if let Some(number) = child.number() {
                out.push(format!("{path}#{number}"));
            } else if let Some(flag) = child.flag() {
                out.push(format!("{path}?{flag}"));
            } else {
                seen(child, &path, out);
            }
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let key = prop_oneof![
            Just("type"),
            Just("content"),
            Just("text"),
            Just("id"),
            Just("input"),
            Just("is_error"),
            Just("unheard"),
            Just("payload"),
            Just("stranger"),
            Just("exit_code")
        ];
        let leaf = prop_oneof![
            "[ -~\u{e9}\u{1F600}]{0,80}".prop_map(|text| simd_json::to_string(&text).unwrap()),
            any::<i32>().prop_map(|number| number.to_string()),
            any::<bool>().prop_map(|flag| flag.to_string()),
            Just("null".to_owned()),
        ];
        let inside = leaf.prop_recursive(6, 60, 6, move |inner| {
            let pad = prop_oneof![Just(""), Just(" "), Just("  ")];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(", "))),
                (proptest::collection::btree_map(key.clone(), inner, 0..6), pad).prop_map(|(fields, pad)| {
                    let fields: Vec<_> =
                        fields.iter().map(|(key, value)| format!("\"{key}\"{pad}:{pad}{value}{pad}")).collect();
                    format!("{{{}}}", fields.join(","))
                }),
            ]
        });
        inside.prop_map(|value| format!("{{\"payload\":{value}}}"))
    }

    proptest! {
        #[test]
        fn the_lazy_scan_and_simd_json_see_the_same_fields(json in json()) {
            let parsed = simd_json::to_owned_value(&mut json.clone().into_bytes()).unwrap();
            let mut wanted = Vec::new();
            oracle(&parsed, Key::ROOT, "", &mut wanted);
            let mut found = Vec::new();
            let mut scanner = Scanner::new();
            let record = scanner.scan(json.as_bytes()).unwrap();
            prop_assert_eq!(record.len(), json.len());
            seen(record.root(), "", &mut found);
            wanted.sort();
            found.sort();
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn a_record_that_comes_in_two_parts_is_read_as_one_that_comes_whole(json in json(), rest in "[ -~]{0,70}") {
            let line = format!("{json}{rest}");
            let fields = |record: Record<'_>| {
                let mut found = Vec::new();
                seen(record.root(), "", &mut found);
                (record.len(), record.field_count(), found)
            };
            let mut scanner = Scanner::new();
            let whole = scanner.scan(line.as_bytes()).map(fields);
            for cut in 1..line.len() {
                scanner.begin();
                let mut halted = scanner.go_on(&line.as_bytes()[..cut], cut, false).map(fields);
                if halted == Err(Halt::More) {
                    halted = scanner.go_on(line.as_bytes(), line.len(), true).map(fields);
                }
                prop_assert_eq!(&halted, &whole.clone().map_err(Halt::Fault), "cut at {}", cut);
            }
        }

        #[test]
        fn a_record_that_was_cut_off_is_never_read(json in json(), cut in any::<proptest::sample::Index>()) {
            let cut = cut.index(json.len() - 1);
            prop_assert!(Scanner::new().scan(json.as_bytes().get(..cut).unwrap()).is_err());
        }
    }
}
