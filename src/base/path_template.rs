//! Path templates, such as `/{envID}/flows/{flowID}`, and the paths that they describe.
//!
//! Deliberately not here: what the parameters mean.

/// Whether the segments of a path end in those of a template, of which a parameter stands for anything but nothing.
pub(crate) fn describes_end<'p>(template: &str, segments: impl DoubleEndedIterator<Item = &'p str>) -> bool {
    let mut segments = segments.rev();
    template.trim_matches('/').rsplit('/').all(|documented| {
        let given = segments.next();
        given.is_some_and(|given| if documented.starts_with('{') { !given.is_empty() } else { documented == given })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_describes_the_end_of_a_path() {
        let describes = |path: &str| describes_end("/{envID}/flows/{flowID}", path.split('/'));
        assert!(describes("/e/flows/f") && describes("/below/e/flows/f"));
        for path in ["/e/flows/f/", "/e/flow/f", "flows/f", "/e/flows/", ""] {
            assert!(!describes(path), "{path}");
        }
    }
}
