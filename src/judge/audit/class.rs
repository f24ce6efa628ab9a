//! The class of a mutant: whether the contract forbids it, is open to it, or does not mind.
//!
//! A mutant that the contract does not mind is equivalent: no check could be asked to see it. Each reason is a rule about the
//! contract, never about what the checks happen to say. Equivalent mutants are judged all the same; one that is denied shows
//! that rule and check disagree.

/// What the contract says of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MutantClass {
    /// The contract forbids it: a check must see it.
    Breach,
    /// The contract declares that it may come one day: a check should report it, and only a strict run fails.
    Novelty(ClassReason),
    /// The contract does not mind.
    Equivalent(ClassReason),
}

/// Why a mutant is no breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClassReason {
    /// The name of the class, in kebab-case.
    pub id: &'static str,
    /// The rule, in one sentence.
    pub rule: &'static str,
}

macro_rules! reasons {
    ($list:ident: $($(#[$doc:meta])* $name:ident = $id:literal, $rule:literal;)*) => {
        $($(#[$doc])* pub(super) const $name: ClassReason = ClassReason { id: $id, rule: $rule };)*
        /// All of them, in the order in which they are explained.
        pub(super) static $list: &[ClassReason] = &[$($name),*];
    };
}

reasons! { NOVELTIES:
    /// A property that nobody documents.
    NEW_PROPERTY = "new-property", "An object that documents properties has one more; new properties are declared non-breaking.";
    /// A value that an open enumeration does not list.
    NEW_VALUE = "new-value", "A value that x-extensible-enum does not list; new values, states included, are declared non-breaking.";
    /// A link that no state documents.
    NEW_LINK = "new-link", "A link of a name that no lifecycle documents; new links are declared non-breaking.";
}

reasons! { EQUIVALENCES:
    /// A property that may be absent.
    OPTIONAL_PROPERTY = "optional-property", "Neither `required` nor what the state demands has the property, so it may be absent.";
    /// A value of which no type is documented.
    FREE_FORM = "free-form", "No type is documented for the value, or null is allowed, so the new value fits as well.";
    /// A header field that may be absent.
    OPTIONAL_HEADER = "optional-header", "The header field is documented but not required.";
    /// A header field that nobody documents.
    FURTHER_HEADER = "further-header", "Anything between tenant and client may add header fields that nobody documents.";
    /// A header field that takes any text.
    ANY_TEXT = "any-text", "The header field's schema takes any text.";
    /// A body that another status documents as well.
    FITS_STATUS = "fits-status", "The other status is documented, with a body that has nothing this one lacks, and with these codes.";
    /// A media type that is as good.
    ACCEPTABLE = "acceptable-media-type", "The other media type is documented for the status, and the request accepts it.";
    /// A charset that may be left out.
    PLAIN_JSON = "plain-json", "JSON is UTF-8 whether or not a charset says so (RFC 8259, section 8.1).";
    /// A link that the state may offer.
    POSSIBLE_LINK = "possible-link", "The state may offer the link, and need not.";
    /// A link that may lead anywhere.
    FREE_ADDRESS = "free-address", "The contract says of this link only that it is absolute.";
    /// An id that nothing ties down.
    FREE_ID = "free-id", "Neither the address, the request, another answer nor a header field says which id it must be.";
    /// A time that nothing ties down.
    FREE_TIME = "free-time", "The contract gives this time no order, or no other answer shows it.";
    /// A sequence that is as lawful.
    LAWFUL = "lawful-sequence", "The lifecycle allows the changed sequence as well, and its times still go forwards.";
    /// An exchange that is about no resource with a lifecycle.
    NO_LIFECYCLE = "no-lifecycle", "The exchanges are about no common resource with a lifecycle, so their order promises nothing.";
    /// A secret that cannot be told from other text.
    UNTELLING = "untelling-secret", "The secret is so short or so plain that the answer may well use it for itself.";
}

impl MutantClass {
    /// A breach where something holds, equivalent for a reason where not.
    pub(super) fn breach_if(holds: bool, otherwise: ClassReason) -> Self {
        if holds { Self::Breach } else { Self::Equivalent(otherwise) }
    }
}
