//! The rules, one test for what each accepts and one for what each rejects.
#![allow(clippy::unwrap_used, clippy::expect_used)]

/// Tests that each end in a rejection of the code written beside them; together they are the list
/// that [`coverage`] compares with all codes.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident => $code:literal $body:block)*) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                let rejection: dirchain_ledger::rejection::Rejection = $body;
                assert_eq!(rejection.code(), $code, "{rejection}");
                crate::told::assert_told_alike(&rejection);
            }
        )*
        pub(crate) const REFUSED: &[&str] = &[$($code),*];
    };
}

mod access;
mod authority;
mod cases;
mod catalogue;
mod coverage;
mod departments;
mod edges;
mod genesis;
mod inbox;
mod lasting;
mod membership;
mod nodes;
mod overdue;
mod proposals;
mod reorganisation;
mod sharing;
mod succession;
mod told;
mod unfounded;
mod usage;
mod work;
