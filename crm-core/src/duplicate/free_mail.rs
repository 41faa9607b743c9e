/// Whether a domain gives mailboxes to anybody, so that it says nothing about who writes.
pub(super) fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.binary_search(&domain).is_ok() || BRANDS.contains(&brand(domain))
}

fn brand(domain: &str) -> &str {
    domain.split('.').next().unwrap_or(domain)
}

/// Providers that have the same name under many countries.
const BRANDS: [&str; 9] =
    ["gmail", "gmx", "googlemail", "hotmail", "live", "msn", "outlook", "yahoo", "yandex"];

/// In the order of bytes.
const FREE_MAIL: [&str; 93] = [
    "126.com",
    "139.com",
    "163.com",
    "163.net",
    "188.com",
    "189.cn",
    "21cn.com",
    "263.net",
    "aim.com",
    "alice.it",
    "aliyun.com",
    "aol.com",
    "aol.de",
    "arcor.de",
    "att.net",
    "bell.net",
    "bellsouth.net",
    "bk.ru",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "charter.net",
    "comcast.net",
    "cox.net",
    "daum.net",
    "docomo.ne.jp",
    "earthlink.net",
    "email.cz",
    "email.de",
    "fastmail.com",
    "foxmail.com",
    "free.fr",
    "freemail.hu",
    "freenet.de",
    "hanmail.net",
    "hey.com",
    "hotmail.com",
    "icloud.com",
    "inbox.lv",
    "inbox.ru",
    "interia.pl",
    "kakao.com",
    "kpnmail.nl",
    "laposte.net",
    "libero.it",
    "list.ru",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ru",
    "me.com",
    "nate.com",
    "naver.com",
    "neuf.fr",
    "o2.pl",
    "onet.pl",
    "online.de",
    "online.fr",
    "orange.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "rocketmail.com",
    "rogers.com",
    "sapo.pt",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "shaw.ca",
    "sina.cn",
    "sina.com",
    "sina.com.cn",
    "sky.com",
    "sohu.com",
    "t-online.de",
    "telenet.be",
    "tiscali.it",
    "tom.com",
    "tuta.com",
    "tutanota.com",
    "uol.com.br",
    "verizon.net",
    "vip.163.com",
    "virgilio.it",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yeah.net",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(FREE_MAIL.is_sorted());
    }

    #[test]
    fn providers_under_every_country_are_known() {
        for domain in ["gmail.com", "yahoo.co.jp", "hotmail.fr", "gmx.net", "outlook.com", "qq.com"]
        {
            assert!(is_free_mail(domain), "{domain}");
        }
        for domain in ["acme.com", "mygmail.com", "bjhuamei.com.cn"] {
            assert!(!is_free_mail(domain), "{domain}");
        }
    }
}
