use std::{collections::HashSet, sync::LazyLock};

use crate::kernel::folded;

/// What a firm's name ends or begins with and is not called by: `GmbH & Co. KG`, `有限公司`.
pub(super) struct LegalForms {
    /// Last words: up to five together.
    last: HashSet<String>,
    /// First words.
    first: HashSet<String>,
    /// Ends of words in scripts without spaces, the longer first.
    ends: Vec<String>,
    /// Beginnings of words in scripts without spaces.
    beginnings: Vec<String>,
}

impl LegalForms {
    /// Those known. They are folded as names are.
    pub(super) fn known() -> &'static Self {
        static KNOWN: LazyLock<LegalForms> = LazyLock::new(|| {
            let fold = |forms: &[&str]| forms.iter().map(|f| folded(f)).collect::<Vec<_>>();
            let longer_first = |forms: &[&str]| {
                let mut forms = fold(forms);
                forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
                forms
            };
            LegalForms {
                last: LAST.iter().copied().chain([ENDS]).flat_map(fold).collect(),
                first: [FIRST, BEGINNINGS].into_iter().flat_map(fold).collect(),
                ends: longer_first(ENDS),
                beginnings: longer_first(BEGINNINGS),
            }
        });
        &KNOWN
    }

    /// Whether the word is nothing but a legal form.
    pub(super) fn is_one(&self, word: &str) -> bool {
        self.last.contains(word)
    }

    /// How many of the last words are a legal form; 0 for none.
    pub(super) fn last_words(&self, words: &[String]) -> usize {
        (1..=words.len().min(5))
            .rev()
            .find(|count| {
                let (_, last) = words.split_at(words.len() - count);
                match last {
                    [word] => self.last.contains(word.as_str()),
                    several => self.last.contains(&several.join(" ")),
                }
            })
            .unwrap_or(0)
    }

    /// How many of the first words are a legal form; 0 for none.
    pub(super) fn first_words(&self, words: &[String]) -> usize {
        words.first().map_or(0, |word| usize::from(self.first.contains(word.as_str())))
    }

    /// The word without a legal form at its end or beginning, if there is one and something else.
    pub(super) fn without<'w>(
        &self,
        word: &'w str,
        at_end: bool,
        at_start: bool,
    ) -> Option<&'w str> {
        let ends = self.ends.iter().filter(|_| at_end);
        let starts = self.beginnings.iter().filter(|_| at_start);
        ends.filter_map(|form| word.strip_suffix(form.as_str()))
            .chain(starts.filter_map(|form| word.strip_prefix(form.as_str())))
            .find(|rest| !rest.is_empty())
    }
}

const LAST: &[&[&str]] = &[
    // English
    &[
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "plc",
        "co",
        "company",
        "pty",
        "pte",
        "pvt",
        "private limited",
        "pty ltd",
        "pte ltd",
        "pvt ltd",
        "limited liability company",
        "public limited company",
        "lllp",
        "pllc",
        "pc",
        "cic",
        "unlimited",
        "bhd",
        "sdn bhd",
        "tbk",
    ],
    // German
    &[
        "gmbh",
        "mbh",
        "ggmbh",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "ug",
        "gbr",
        "ek",
        "ekfr",
        "ev",
        "eg",
        "se",
        "haftungsbeschränkt",
        "ug haftungsbeschränkt",
        "aktiengesellschaft",
        "gesellschaft mbh",
        "gesmbh",
        "gesellschaft mit beschränkter haftung",
        "kommanditgesellschaft",
        "partg",
        "partgmbb",
        "mbb",
    ],
    // French
    &[
        "sa",
        "sarl",
        "sas",
        "sasu",
        "eurl",
        "snc",
        "sci",
        "scs",
        "sca",
        "scop",
        "selarl",
        "gie",
        "cie",
        "compagnie",
        "société anonyme",
        "société par actions simplifiée",
        "société à responsabilité limitée",
        "sprl",
        "asbl",
        "ltée",
        "ltee",
    ],
    // Spanish, Portuguese
    &[
        "sl",
        "slu",
        "sau",
        "sll",
        "slne",
        "scoop",
        "sociedad anónima",
        "sociedad limitada",
        "sociedad de responsabilidad limitada",
        "sa de cv",
        "srl de cv",
        "sapi de cv",
        "s de rl de cv",
        "cv",
        "ltda",
        "lda",
        "limitada",
        "eirl",
        "eireli",
        "epp",
        "unipessoal lda",
    ],
    // Italian, Romanian
    &["spa", "srl", "srls", "sas", "snc", "sapa", "scarl", "scrl", "società per azioni"],
    // Dutch
    &["bv", "nv", "vof", "bvba", "cvba", "besloten vennootschap", "naamloze vennootschap"],
    // Scandinavian, Finnish, Baltic
    &[
        "ab",
        "aktiebolag",
        "hb",
        "kb",
        "as",
        "asa",
        "aps",
        "is",
        "ks",
        "anpartsselskab",
        "aktieselskab",
        "aksjeselskap",
        "oy",
        "oyj",
        "osakeyhtiö",
        "ehf",
        "hf",
        "oü",
        "uab",
        "sia",
    ],
    // Polish, Czech, Slovak, Hungarian, Slovene, Croatian, Turkish
    &[
        "sp zoo",
        "spzoo",
        "sp z oo",
        "spółka akcyjna",
        "sro",
        "spol sro",
        "spol s ro",
        "kft",
        "zrt",
        "nyrt",
        "bt",
        "doo",
        "dd",
        "eood",
        "ood",
        "ad",
        "aş",
        "şti",
        "ltd şti",
    ],
    // Russian, Ukrainian
    &["ооо", "оао", "зао", "пао", "нао", "ао", "ип", "тов", "ooo", "oao", "zao", "pao", "jsc"],
    // Chinese, Japanese, Korean in Latin letters or in brackets
    &["kk", "gk", "yk", "株", "有", "合", "名", "資", "주", "유", "coltd", "jituan"],
];

/// Only those that do come first, and that nobody is called.
const FIRST: &[&str] = &[
    "ооо", "оао", "зао", "пао", "нао", "ао", "ип", "тов", "ooo", "oao", "zao", "sarl", "sas",
    "sasu", "eurl", "sci", "株", "有", "合", "주", "유", "firma", "the", "pt",
];

const ENDS: &[&str] = &[
    // Chinese
    "股份有限责任公司",
    "有限责任公司",
    "股份有限公司",
    "集团有限公司",
    "集团股份有限公司",
    "有限公司",
    "集团公司",
    "股份公司",
    "总公司",
    "公司",
    "集团",
    "有限合伙",
    "普通合伙",
    "合伙企业",
    "個人獨資企業",
    "无限公司",
    // Japanese
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "相互会社",
    // Korean
    "주식회사",
    "유한회사",
    "유한책임회사",
    "합자회사",
    "합명회사",
];

const BEGINNINGS: &[&str] = &[
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "주식회사",
    "유한회사",
    "유한책임회사",
];
