//! The lazy scan beside simd-json: wherever simd-json parses a record, both must see the same fields.

use simd_json::{Node, StaticNode, Tape};
use std::collections::HashMap;
use whale_classify::scan::{DEPTH_MAX, Fault, Key, Scanner, Value};

/// Compares what the two make of one line. True where simd-json parses it as an object, so that there was something to
/// compare; the error says where they part.
pub fn agree(scanner: &mut Scanner, line: &[u8]) -> Result<bool, String> {
    // A record holds no line end; to a parser it is white space like any other.
    let line: Vec<u8> = line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    let line = line.trim_ascii_start();
    let mut copy = line.to_vec();
    if line.first() != Some(&b'{') {
        return Ok(false);
    }
    let Ok(Tape(nodes)) = simd_json::to_tape(&mut copy) else { return Ok(false) };
    let whole = line.trim_ascii_end().len();
    match scanner.scan(line) {
        Ok(record) if record.len() != whole => Err(format!("{} bytes of {whole}", record.len())),
        Ok(record) => compare(record.root(), Key::ROOT, &nodes, 0, "").map(|_| true),
        Err(Fault::TooDeep(len)) if len == whole && depth(&nodes, 0).0 > DEPTH_MAX => Ok(true),
        Err(fault) => Err(format!("{fault:?} is what the scan says")),
    }
}

/// How deep a node nests, and where the next one begins.
fn depth(nodes: &[Node<'_>], at: usize) -> (usize, usize) {
    // By hand: a document may be deeper than a stack.
    let (mut ends, mut most) = (Vec::new(), 0);
    let mut here = at;
    loop {
        while ends.last() == Some(&here) {
            ends.pop();
        }
        match nodes.get(here) {
            Some(Node::Object { count, .. } | Node::Array { count, .. }) => {
                ends.push(here + count + 1);
                most = most.max(ends.len());
            }
            Some(_) if !ends.is_empty() => {}
            _ => return (most, here),
        }
        here += 1;
        if ends.iter().all(|end| *end == here) {
            return (most, here);
        }
    }
}

/// How many nodes of the tape a value takes.
fn len(node: &Node<'_>) -> usize {
    match node {
        Node::Object { count, .. } | Node::Array { count, .. } => count + 1,
        _ => 1,
    }
}

fn compare(value: Value<'_>, key: Key, nodes: &[Node<'_>], at: usize, path: &str) -> Result<(), String> {
    let node = &nodes[at];
    let same = match node {
        Node::String(text) => value.is_string() && value.text().is(text),
        Node::Static(StaticNode::Null) => value.exists() && !value.is_given(),
        Node::Static(StaticNode::Bool(flag)) => value.flag() == Some(*flag),
        Node::Static(StaticNode::I64(number)) => value.number() == Some(*number),
        Node::Static(StaticNode::U64(number)) => value.number() == i64::try_from(*number).ok(),
        // A whole number may be written as a fraction; anything else is none.
        Node::Static(StaticNode::F64(float)) => value.number().is_none_or(|number| number as f64 == *float),
        Node::Object { .. } => value.is_object(),
        Node::Array { .. } => value.is_array(),
    };
    if !same {
        return Err(format!("{path} is {node:?} to a parser, {:?} with {} children to the scan", value.kind(), {
            value.children().count()
        }));
    }
    let entered = key.is_entered();
    match node {
        Node::Object { len: fields, .. } => {
            // Of several fields with one name the last counts.
            let mut known = HashMap::new();
            let mut next = at + 1;
            for _ in 0..*fields {
                let Node::String(name) = &nodes[next] else { return Err(format!("{path}: a key that is no string")) };
                if entered && let Some(key) = Key::named(name.as_bytes()) {
                    known.insert(key.position(), (key, next + 1, *name));
                }
                next += 1 + len(&nodes[next + 1]);
            }
            for child in value.children() {
                if !child.key().is_some_and(|key| known.contains_key(&key.position())) {
                    return Err(format!("{path}: a field that no parser sees"));
                }
            }
            for (key, at, name) in known.into_values() {
                compare(value.get(key), key, nodes, at, &format!("{path}.{name}"))?;
            }
        }
        Node::Array { len: items, .. } => {
            let mut children = value.children();
            let mut next = at + 1;
            for item in 0..*items {
                let node = &nodes[next];
                if entered && matches!(node, Node::Object { .. } | Node::Array { .. } | Node::String(_)) {
                    let Some(child) = children.next() else { return Err(format!("{path}: too few items")) };
                    compare(child, Key::ITEM, nodes, next, &format!("{path}[{item}]"))?;
                }
                next += len(node);
            }
            if children.next().is_some() {
                return Err(format!("{path}: too many items"));
            }
        }
        _ => {}
    }
    Ok(())
}
