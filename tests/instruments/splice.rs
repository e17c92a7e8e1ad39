//! Takes the splices of `--annotate` out again, without asking the filter: from the input and the output alone.

/// Compares the annotated stream with the input: every byte of the input in order, and before some closing braces a
/// splice. Returns how many splices there were, or where the two part.
pub fn unsplice(input: &[u8], output: &[u8]) -> Result<usize, String> {
    let mut at = 0;
    let mut count = 0;
    let mut rest = output;
    while at < input.len() || !rest.is_empty() {
        // A splice can only stand before a closing brace. Where the input itself goes on like one, the byte is its own.
        if input.get(at) == Some(&b'}')
            && rest.first() == Some(&b',')
            && let Some(len) = splice_len(rest)
        {
            rest = rest.get(len..).unwrap_or_default();
            count += 1;
            if rest.first() != Some(&b'}') {
                return Err(format!("a splice at byte {at} that no brace follows"));
            }
        }
        match (input.get(at), rest.split_first()) {
            (Some(wanted), Some((found, after))) if wanted == found => {
                at += 1;
                rest = after;
            }
            _ => return Err(format!("byte {at} of {} is not handed back as it was", input.len())),
        }
    }
    Ok(count)
}

const WORDS: [&str; 9] = [
    "model",
    "tool_schema",
    "command_exit",
    "network",
    "sandbox_approval",
    "missing_dependency",
    "timeout",
    "background_job",
    "unknown",
];

/// The length of the splice that the bytes begin with.
fn splice_len(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b",\"failure_source\":")?;
    let rest = source(rest)?;
    let Some(mut rest) = rest.strip_prefix(b",\"failure_sources\":[") else {
        return Some(bytes.len() - rest.len());
    };
    loop {
        rest = source(rest)?;
        match rest.split_first()? {
            (b',', after) => rest = after,
            (b']', after) => return Some(bytes.len() - after.len()),
            _ => return None,
        }
    }
}

fn source(bytes: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = bytes.strip_prefix(b"null") {
        return Some(rest);
    }
    let rest = bytes.strip_prefix(b"\"")?;
    WORDS.iter().find_map(|word| rest.strip_prefix(word.as_bytes())?.strip_prefix(b"\""))
}
