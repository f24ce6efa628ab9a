//! The first byte of a kind that texts hardly have: long texts are gone through stretch by stretch, each of which is looked at as a
//! whole.
//!
//! Deliberately not here: what such a byte means.

/// How many bytes a processor compares with a few instructions.
const STRETCH: usize = 16;

/// Where the first byte of a kind stands. What says whether a byte is one should have no branch (`|` instead of `||`): only then
/// are many bytes compared at once.
pub(crate) fn first(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> Option<usize> {
    let holds_none = |stretch: &&[u8; STRETCH]| !stretch.iter().fold(false, |any, byte| any | is_of_kind(*byte));
    let passed = bytes.as_chunks().0.iter().take_while(holds_none).count() * STRETCH;
    let within = bytes[passed..].iter().position(|byte| is_of_kind(*byte))?;
    Some(passed + within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_of_a_kind_is_found_wherever_it_stands() {
        for length in 0..4 * STRETCH {
            let mut text = vec![b'a'; length];
            assert_eq!(first(&text, |byte| byte == b'%'), None);
            for at in (0..length).rev() {
                text[at] = b'%';
                assert_eq!(first(&text, |byte| byte == b'%'), Some(at));
            }
        }
    }
}
