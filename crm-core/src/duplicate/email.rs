use email_address::{EmailAddress, Options};

use crate::kernel::Invalid;

/// What is the same mailbox beyond what the standard says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mailboxes {
    /// `anna+fair@acme.com` is `anna@acme.com`, as most providers deliver it.
    pub plus_is_same: bool,
    /// `an.na@gmail.com` is `anna@gmail.com`, as Google delivers it, and `googlemail.com` is
    /// `gmail.com`.
    pub gmail_dots_are_same: bool,
}

/// An e-mail address as it is compared: lower case, its domain in the ASCII form of IDNA (UTS 46).
///
/// ```
/// use crm_core::duplicate::{Mailboxes, check_email};
///
/// let address = check_email(" Anna@BÜCHER.example ", Mailboxes::default())?;
/// assert_eq!(address, "anna@xn--bcher-kva.example");
/// assert!(check_email("anna@", Mailboxes::default()).is_err());
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// [`Invalid`] when it is no address that mail can be sent to: RFC 5321 and 6531, a domain name
/// with a dot in it, no display name.
pub fn check_email(text: &str, mailboxes: Mailboxes) -> Result<String, Invalid> {
    let wrong = |why: &str| {
        let why = why.trim_end_matches('.');
        Invalid::new("e-mail address", "email", format!("{why}: write it like anna@example.com"))
    };
    let options =
        Options::default().without_display_text().without_domain_literal().with_required_tld();
    let address = EmailAddress::parse_with_options(text.trim(), options)
        .map_err(|e| wrong(&e.to_string()))?;
    let domain = idna::domain_to_ascii(address.domain())
        .map_err(|_| wrong("its domain is no name of the internet"))?;
    // IDNA may leave less than was there.
    if !EmailAddress::is_valid_domain(&domain) {
        return Err(wrong("its domain is no name of the internet"));
    }
    let local: String = address.local_part().chars().map(small).collect();
    Ok(in_one_form(&local, &domain, mailboxes))
}

/// A letter whose small form is several characters stays: some of those are no part of an address.
fn small(letter: char) -> char {
    let mut small = letter.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

fn in_one_form(local: &str, domain: &str, mailboxes: Mailboxes) -> String {
    let (mut local, mut domain) = (local, domain);
    if mailboxes.plus_is_same && !local.starts_with(['"', '+']) {
        local = local.split('+').next().unwrap_or(local);
    }
    if mailboxes.gmail_dots_are_same && (domain == "gmail.com" || domain == "googlemail.com") {
        domain = "gmail.com";
        let local = local.replace('.', "");
        return format!("{local}@{domain}");
    }
    format!("{local}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_one_form() {
        let plain = Mailboxes::default();
        let folded = Mailboxes { plus_is_same: true, gmail_dots_are_same: true };
        for (given, mailboxes, expected) in [
            ("Anna@Example.COM", plain, Some("anna@example.com")),
            ("  anna@example.com\t", plain, Some("anna@example.com")),
            ("anna+fair@example.com", plain, Some("anna+fair@example.com")),
            ("anna+fair@example.com", folded, Some("anna@example.com")),
            ("+fair@example.com", folded, Some("+fair@example.com")),
            ("an.na@gmail.com", plain, Some("an.na@gmail.com")),
            ("An.na+x@GoogleMail.com", folded, Some("anna@gmail.com")),
            ("an.na@example.com", folded, Some("an.na@example.com")),
            ("Ännä@bücher.example", plain, Some("ännä@xn--bcher-kva.example")),
            ("例子@例子.广告", plain, Some("例子@xn--fsqu00a.xn--4rr70v")),
            ("a@xn--bcher-kva.example", plain, Some("a@xn--bcher-kva.example")),
            ("İ@example.com", plain, Some("İ@example.com")),
            ("", plain, None),
            ("anna", plain, None),
            ("anna@", plain, None),
            ("@example.com", plain, None),
            ("anna@localhost", plain, None),
            ("an na@example.com", plain, None),
            ("anna@example..com", plain, None),
            ("Anna <anna@example.com>", plain, None),
            ("anna@[192.0.2.1]", plain, None),
            ("a@b@example.com", plain, None),
        ] {
            let found = check_email(given, mailboxes);
            assert_eq!(found.as_deref().ok(), expected, "{given}: {found:?}");
        }
    }

    #[test]
    fn the_refusal_says_what_is_wrong() {
        let refused = check_email("anna@localhost", Mailboxes::default()).unwrap_err();
        assert_eq!(refused.field, "email");
        assert!(refused.reason.ends_with("write it like anna@example.com"), "{refused}");
    }
}
