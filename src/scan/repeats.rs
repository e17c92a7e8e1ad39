//! Repeated fields, dropped from records so large that looking among them would take long.
//!
//! Of several fields with one name the last counts, and looking for one passes over all. A list of results beside an
//! object that repeats a name a hundred thousand times would make that quadratic, so that here no object of a large
//! record keeps more fields than there are names. May not know what the names mean.

use super::keys::KEY_COUNT;
use super::{Kind, MISSING, Node, node_key, node_kind};

/// Nodes of a record from which on its objects are looked at: in a smaller one nothing takes long.
pub(super) const RECORD_NODES_MIN: usize = 1024;
/// Fields of an object from which on the repeated ones are dropped.
const FIELDS_MIN: usize = 256;

/// Drops all fields of large objects but the last of each name and moves up what is left: how many nodes that is.
#[cold]
#[inline(never)]
pub(super) fn drop_repeated(nodes: &mut [Node], top_nodes: &mut [u32; KEY_COUNT]) -> usize {
    let is_crowded = |at: usize| {
        nodes.get(at).is_some_and(|node| node_kind(*node) == Kind::Object)
            && children(nodes, at).take(FIELDS_MIN).count() == FIELDS_MIN
    };
    let Some(first) = (0..nodes.len()).find(|at| is_crowded(*at)) else { return nodes.len() };
    // For each node whether it stays; then, where it goes. Only a hostile log comes here and pays for the memory.
    let mut places = vec![1_u32; nodes.len() + 1];
    let mut is_changed = false;
    for at in (first..nodes.len()).filter(|at| is_crowded(*at)) {
        let mut last = [MISSING; KEY_COUNT];
        for child in children(nodes, at) {
            let key = nodes.get(child).map_or(KEY_COUNT, |child| node_key(*child).position());
            let Some(slot) = last.get_mut(key) else { continue };
            let before = std::mem::replace(slot, child as u32);
            if let Some([_, _, after, _]) = nodes.get(before as usize) {
                is_changed = true;
                places.get_mut(before as usize..*after as usize).into_iter().flatten().for_each(|stays| *stays = 0);
            }
        }
    }
    if !is_changed {
        return nodes.len();
    }
    let mut count = 0;
    for place in &mut places {
        let stays = std::mem::replace(place, count);
        count += stays;
    }
    // The last place stands behind all of them.
    count -= 1;
    let place = |at: u32| places.get(at as usize).copied().unwrap_or(MISSING);
    let stays = |at: u32| place(at) < place(at.saturating_add(1)) && place(at.saturating_add(1)) != MISSING;
    for (key, slot) in top_nodes.iter_mut().enumerate() {
        let is_field = nodes.get(*slot as usize).is_some_and(|node| node_key(*node).position() == key);
        *slot = if is_field && stays(*slot) { place(*slot) } else { MISSING };
    }
    for at in 0..nodes.len() as u32 {
        let Some([start, end, after, what]) = nodes.get(at as usize).copied().filter(|_| stays(at)) else { continue };
        if let Some(slot) = nodes.get_mut(place(at) as usize) {
            *slot = [start, end, place(after), what];
        }
    }
    count as usize
}

fn children(nodes: &[Node], at: usize) -> impl Iterator<Item = usize> {
    let end = nodes.get(at).map_or(0, |[_, _, after, _]| *after as usize);
    let first = Some(at + 1).filter(|first| *first < end);
    std::iter::successors(first, move |child| {
        nodes.get(*child).map(|[_, _, after, _]| *after as usize).filter(|next| next > child && *next < end)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::super::{Key, Scanner};

    #[test]
    fn a_large_record_keeps_the_last_field_of_each_name_and_everything_inside_it() {
        let repeated = r#""text":"no","content":{"id":"no"},"#.repeat(600);
        let json = format!(
            r#"{{{repeated}"message":{{"id":"kept",{repeated}"content":[{{"text":"first"}},{{"text":"second"}}],"text":"inner"}},"text":"outer","role":"r"}}"#
        );
        let mut scanner = Scanner::new();
        let record = scanner.scan(json.as_bytes()).unwrap();
        assert!(record.get(Key::text).is("outer"));
        assert!(record.get(Key::role).is("r"));
        assert!(record.get(Key::content).get(Key::id).is("no"));
        assert!(!record.get(Key::error).exists());
        assert_eq!(record.root().children().count(), 4);
        let message = record.get(Key::message);
        assert_eq!(message.children().count(), 3);
        assert!(message.get(Key::id).is("kept"));
        assert!(message.get(Key::text).is("inner"));
        let items: Vec<_> = message.get(Key::content).items().collect();
        assert_eq!(items.len(), 2);
        assert!(items[0].get(Key::text).is("first") && items[1].get(Key::text).is("second"));
    }

    #[test]
    fn a_large_record_without_repeated_fields_stays_as_it_is() {
        let items = r#"{"id":"x","text":"y"},"#.repeat(600);
        let json = format!(r#"{{"content":[{items}{{"id":"last"}}],"role":"r"}}"#);
        let mut scanner = Scanner::new();
        let record = scanner.scan(json.as_bytes()).unwrap();
        assert_eq!(record.get(Key::content).items().count(), 601);
        assert!(record.get(Key::content).items().last().unwrap().get(Key::id).is("last"));
        assert!(record.get(Key::role).is("r"));
    }

    #[test]
    fn a_name_whose_last_field_has_no_value_is_no_field_in_a_large_record_either() {
        let repeated = r#""text":"no","#.repeat(2000);
        let json = format!(r#"{{"role":"a",{repeated}"role":}}"#);
        let mut scanner = Scanner::new();
        let record = scanner.scan(json.as_bytes()).unwrap();
        assert!(record.get(Key::text).is("no"));
        assert!(!record.get(Key::role).is("a"));
    }
}
