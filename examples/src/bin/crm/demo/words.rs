pub(super) const GIVEN: &[&str] = &[
    "Anna", "Ben", "Chen", "Dara", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya",
    "Liam", "Mei", "Nora", "Omar", "Paula", "Quentin", "Rosa", "Samir", "Tilda", "Uma", "Viktor",
    "Wen", "Yara",
];
pub(super) const FAMILY: &[&str] = &[
    "Adler",
    "Berg",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fontaine",
    "Garcia",
    "Haas",
    "Ivanova",
    "Jansen",
    "Keller",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Sato",
    "Tanaka",
    "Ueda",
    "Vogel",
    "Weber",
    "Zhang",
];
pub(super) const INDUSTRIES: &[&str] =
    &["retail", "hospitality", "manufacturing", "education", "health", "logistics", "construction"];
pub(super) const PRODUCTS: &[(&str, &str, u32)] = &[
    ("Counter 1", "Tills", 490),
    ("Counter Pro", "Tills", 1_290),
    ("Stock Room", "Software", 2_400),
    ("Stock Room XL", "Software", 7_800),
    ("Route Planner", "Software", 3_600),
    ("Care Plan", "Service", 960),
];
pub(super) const SUBJECTS: &[&str] = &[
    "asked for a price",
    "talked about the offer",
    "showed the new version",
    "sorted out a delivery",
    "went through the contract",
    "heard about a new branch",
];
pub(super) const OUTCOMES: &[&str] = &[
    "wants an offer in writing",
    "will decide next month",
    "needs the director's word",
    "is happy, asks for training",
    "compares us with another house",
    "orders",
];
