use super::free_mail::is_free_mail;

/// The domain that somebody registered, of a website or of an e-mail address: without scheme,
/// `www.`, `shop.`, port and path, in the ASCII form of IDNA (UTS 46). What may be registered under what
/// is the Public Suffix List's answer.
///
/// Nothing where there is none, and for providers that give mailboxes to anybody.
///
/// ```
/// use crm_core::duplicate::domain_key;
///
/// assert_eq!(domain_key("https://shop.acme.co.uk/de?x=1").as_deref(), Some("acme.co.uk"));
/// assert_eq!(domain_key("anna@mail.acme.co.uk").as_deref(), Some("acme.co.uk"));
/// assert_eq!(domain_key("anna@gmail.com"), None);
/// ```
pub fn domain_key(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.trim_start_matches('/');
    let authority = rest.split(['/', '?', '#', '\\', ' ', ',', ';']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.');
    // 253 bytes is the longest name of RFC 1035; its Unicode form may take more.
    if host.is_empty() || host.len() > 1_000 || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return None;
    }
    let host = idna::domain_to_ascii(host).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if !host.chars().all(plain) || host.split('.').any(str::is_empty) || is_free_mail(&host) {
        return None;
    }
    let domain = psl::domain_str(&host)?;
    (!is_free_mail(domain)).then(|| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_down_to_what_was_registered() {
        for (given, expected) in [
            ("https://www.acme.com/", Some("acme.com")),
            ("WWW.ACME.COM", Some("acme.com")),
            ("acme.com", Some("acme.com")),
            ("acme.com.", Some("acme.com")),
            ("http://user:secret@acme.com:8080/x@y", Some("acme.com")),
            ("//shop.acme.com.cn/a", Some("acme.com.cn")),
            ("anna@mail.acme.de", Some("acme.de")),
            ("http://www.bücher.example/", Some("xn--bcher-kva.example")),
            ("www.例子.公司.cn", Some("xn--fsqu00a.xn--55qx5d.cn")),
            ("acme.github.io", Some("acme.github.io")),
            ("acme.com, acme.de", Some("acme.com")),
            ("anna@qq.com", None),
            ("anna@yahoo.co.jp", None),
            ("a..com", None),
            ("co.uk", None),
            ("localhost", None),
            ("192.168.0.1", None),
            ("http://[::1]/", None),
            ("n/a", None),
            ("none", None),
            ("", None),
            ("@", None),
            ("https://", None),
        ] {
            assert_eq!(domain_key(given).as_deref(), expected, "{given}");
        }
    }
}
