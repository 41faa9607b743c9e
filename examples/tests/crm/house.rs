use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder, a database, and the binary.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) db: String,
    tenant: String,
}

/// What a run said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl House {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = format!("sqlite:{}", folder.path().join("house.db").display());
        Self { folder, db, tenant: "house".to_owned() }
    }

    /// In a tenant of its own.
    pub(crate) fn postgres() -> Self {
        let db = crm_testkit::postgres_url().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        Self { tenant: format!("test {}", folder.path().display()), folder, db }
    }

    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The same house in another's words.
    pub(crate) fn set_tenant(&mut self, other: &Self) {
        self.tenant.clone_from(&other.tenant);
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        run(&[&["--db", &self.db, "--tenant", &self.tenant], args].concat())
    }

    /// An answer in JSON of a command that is done.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let said = self.run(&[args, &["--json"]].concat());
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}: {}", said.out);
        serde_json::from_str(&said.out).unwrap()
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// What the change log tells after a place, and the place where it ends. A store tells of a change once no transaction is
    /// open that began before it, whosever it is; so a product is added, waited for, and left out.
    pub(crate) fn log(&self, after: Option<&str>) -> (Vec<Value>, String) {
        static MARKS: AtomicUsize = AtomicUsize::new(0);
        let mark = format!("Mark {}", MARKS.fetch_add(1, Ordering::Relaxed));
        self.json(&["import", "products", &self.file("mark.csv", format!("name\n{mark}\n"))]);
        let after = after.map_or_else(Vec::new, |after| vec!["--after", after]);
        let asked = [&["changes", "--limit", "10000"], &after[..]].concat();
        for _ in 0..600 {
            let mut told = self.json(&asked);
            let changes = told["changes"].as_array_mut().unwrap();
            let name = |one: &Value, begin: &str| {
                let fields = one["fields"].as_array().into_iter().flatten();
                fields.filter_map(|one| one["to"].as_str()).any(|to| to.starts_with(begin))
            };
            if changes.iter().any(|one| name(one, &mark)) {
                changes.retain(|one| one["entity"] != "product" || !name(one, "Mark "));
                return (std::mem::take(changes), told["next"].as_str().unwrap().to_owned());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the change log does not tell of {mark}");
    }

    /// The sample files, all that is right in them.
    pub(crate) fn fill(&self) -> Vec<Value> {
        SAMPLE.iter().map(|args| self.json(&sample(args))).collect()
    }
}

pub(crate) fn run(args: &[&str]) -> Said {
    let told = Command::new(env!("CARGO_BIN_EXE_crm")).args(args).output().unwrap();
    Said {
        code: told.status.code(),
        out: String::from_utf8(told.stdout).unwrap(),
        err: String::from_utf8(told.stderr).unwrap(),
    }
}

/// The commands for the sample files; the third word is the file.
pub(crate) const SAMPLE: [&[&str]; 5] = [
    &[
        "import",
        "staff",
        "staff.csv",
        "--map",
        "agent=name",
        "--map",
        "boss=manager",
        "--map",
        "office=org_unit",
        "--map",
        "mail=email",
    ],
    &[
        "import",
        "products",
        "products.csv",
        "--map",
        "product=name",
        "--map",
        "series=category",
        "--map",
        "price=list_price",
        "--set",
        "currency=USD",
    ],
    &[
        "import",
        "customers",
        "customers.csv",
        "--map",
        "account=name",
        "--map",
        "sector=industry",
        "--map",
        "belongs_to=parent",
        "--alias",
        "country:Philipines=Philippines",
    ],
    &[
        "import",
        "opportunities",
        "opportunities.csv",
        "--map",
        "id=external_id",
        "--map",
        "agent=owner",
        "--map",
        "account=customer",
        "--map",
        "opened=opened_on",
        "--map",
        "closed=closed_on",
        "--map",
        "value=amount",
        "--set",
        "currency=USD",
        "--alias",
        "product:TillPro=Till Pro",
    ],
    &[
        "import",
        "transactions",
        "purchases.txt",
        "--format",
        "whitespace",
        "--map",
        "day=date",
        "--map",
        "pieces=quantity",
        "--map",
        "dollars=revenue",
        "--set",
        "currency=USD",
        "--create-customers",
    ],
];

/// A command with the path of its file.
pub(crate) fn sample(args: &[&'static str]) -> Vec<&'static str> {
    let mut args = args.to_vec();
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(args[2]);
    args[2] = Box::leak(path.display().to_string().into_boxed_str());
    args
}
