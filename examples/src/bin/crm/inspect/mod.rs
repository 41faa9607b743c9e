//! `crm inspect`: what is incomplete, whose it is, and since when.

mod csv;
mod page;
mod recheck;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use crm_core::{
    customer::{Inspection, Whose, inspect},
    kernel::{Cursor, Id, Scope},
    opportunity::Opportunity,
    settings::{CompletenessPolicy, house_rules},
    staff_member::StaffMember,
    store::{ReadUnit, Store},
};
use serde_json::{Value, json};

use crate::{
    csv_file::Target,
    db::Db,
    failure::Failure,
    find,
    output::{Out, counted, field_name, grouped, short},
};
use page::Incomplete;

/// `crm inspect`
#[derive(Debug, Args)]
#[command(
    after_help = "What is asked for: `crm settings`.\n\nExample:\n  crm inspect --owner 'Anna Snow'\n  \
                  crm inspect --csv incomplete.csv\n  crm inspect --recheck --entity customers"
)]
pub(crate) struct Inspect {
    /// Only what belongs to this colleague: an id, an external id or a name.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Only what belongs to nobody.
    #[arg(long, conflicts_with = "owner")]
    nobody: bool,
    /// Of what: the list shows customers without it, `--csv` takes all three, `--recheck` these and
    /// opportunities.
    #[arg(long, value_enum)]
    entity: Option<EntityArg>,
    /// At most so many in the list.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR", conflicts_with = "csv")]
    after: Option<String>,
    /// Writes every incomplete record into this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// First looks at every record again by the rules that hold now; once after an update of the
    /// schema, for the figures that are kept with opportunities.
    #[arg(long)]
    recheck: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EntityArg {
    Customers,
    Contacts,
    Interactions,
}

impl Inspect {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        db: &Db,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let owner = {
            let mut unit = store.read(scope.clone()).await?;
            find::some_staff(&mut *unit, self.owner.as_deref()).await?
        };
        let target = self.csv.as_deref().map(|path| Target::new(path, db, out)).transpose()?;
        let all = [EntityArg::Customers, EntityArg::Contacts, EntityArg::Interactions];
        let kinds = self.entity.map_or_else(|| all.to_vec(), |one| vec![one]);
        let mut rechecked = Vec::new();
        if self.recheck {
            for kind in &kinds {
                let done = recheck::all(store, scope, *kind).await?;
                rechecked.push(((kind.word(), kind.title()), done));
            }
            if self.entity.is_none() {
                let names = ("opportunities", "Opportunities");
                rechecked.push((names, recheck::of::<Opportunity>(store, scope, names.0).await?));
            }
        }
        let mut unit = store.read(scope.clone()).await?;
        let owner = match owner {
            Some(owner) => Whose::Of(owner.id),
            None if self.nobody => Whose::Nobody,
            None => Whose::All,
        };
        if let Some(target) = target {
            return csv::write(&mut *unit, &kinds, owner, target, out).await;
        }
        let counts = self.count(&mut *unit, owner).await?;
        let kind = self.entity.unwrap_or(EntityArg::Customers);
        let after = self.after.as_deref().map(Cursor::new);
        let (list, next) = page::page(&mut *unit, kind, owner, after, self.limit).await?;
        if out.json {
            let list: Vec<_> = list.iter().map(Incomplete::to_json).collect();
            let rechecked: Vec<_> = rechecked
                .iter()
                .map(|((entity, _), done)| {
                    json!({"entity": entity, "seen": done.seen, "changed": done.changed})
                })
                .collect();
            let Counts { by_staff, contacts, closed } = counts;
            let by_staff: Vec<_> = by_staff.iter().map(Count::to_json).collect();
            return out.json(&json!({
                "rechecked": rechecked, "by_staff": by_staff, "contacts": contacts,
                "closed_interactions": closed,
                "incomplete": list, "next": next,
            }));
        }
        for ((_, title), done) in &rechecked {
            let seen = counted(done.seen, "record", "records");
            let changed = grouped(done.changed);
            out.line(format!("{title}: {seen} looked at, {changed} changed."))?;
        }
        counts.show(out)?;
        let asks = house_rules(&mut *unit).await?.completeness != CompletenessPolicy::none();
        if list.is_empty() && !asks {
            return out.line(
                "The house asks for no field yet: `crm settings --preset publishing-house`, or --set FILE.",
            );
        }
        show(kind, &list, out)?;
        next.map_or(Ok(()), |next| {
            out.line(format!("There are more: --entity {} --after {next}", kind.word()))
        })
    }

    async fn count(&self, unit: &mut dyn ReadUnit, owner: Whose) -> Result<Counts, Failure> {
        let Inspection { by_staff, contacts: _, closed_interactions } = inspect(unit).await?;
        let meant = |staff_id: Option<Id<StaffMember>>| match owner {
            Whose::All => true,
            Whose::Nobody => staff_id.is_none(),
            Whose::Of(id) => staff_id == Some(id),
        };
        let theirs: Vec<_> = by_staff.into_iter().filter(|c| meant(c.staff_id)).collect();
        let names = find::colleagues(unit, theirs.iter().filter_map(|c| c.staff_id)).await?;
        let by_staff = theirs.into_iter().map(|count| Count {
            staff: count.staff_id.map(|id| {
                (id, names.get(&id).map_or_else(|| id.to_string(), |one| one.name.clone()))
            }),
            customers: count.customers,
            contacts: count.contacts,
            interactions: count.interactions,
        });
        let mut by_staff: Vec<_> = by_staff.collect();
        by_staff.sort_by(|a, b| {
            let name = |c: &Count| c.staff.as_ref().map(|(id, name)| (name.clone(), *id));
            name(a).cmp(&name(b))
        });
        let contacts = by_staff.iter().map(|count| count.contacts).sum();
        let closed = (owner == Whose::All).then_some(closed_interactions);
        Ok(Counts { by_staff, contacts, closed })
    }
}

impl EntityArg {
    const fn word(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Contacts => "contacts",
            Self::Interactions => "interactions",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Customers => "Customers",
            Self::Contacts => "Contacts",
            Self::Interactions => "Interactions",
        }
    }
}

struct Counts {
    by_staff: Vec<Count>,
    contacts: u64,
    closed: Option<u64>,
}

struct Count {
    staff: Option<(Id<StaffMember>, String)>,
    customers: u64,
    contacts: u64,
    interactions: u64,
}

impl Count {
    fn to_json(&self) -> Value {
        json!({
            "staff": self.staff.as_ref().map(|(id, name)| json!({"id": id, "name": name})),
            "customers": self.customers,
            "contacts": self.contacts,
            "interactions": self.interactions,
        })
    }
}

impl Counts {
    fn show(&self, out: Out) -> Result<(), Failure> {
        if !self.by_staff.is_empty() {
            let rows = self.by_staff.iter().map(|count| {
                let name = count.staff.as_ref().map_or("(nobody's)", |(_, name)| name.as_str());
                let counts = [count.customers, count.contacts, count.interactions].map(grouped);
                [vec![short(name, 40)], counts.to_vec()].concat()
            });
            let columns =
                ["Incomplete, by colleague", "Customers", "Contacts", "Open interactions"];
            out.table(&columns, 1, rows)?;
        }
        if self.contacts > 0 {
            let contacts = counted(self.contacts, "contact is", "contacts are");
            out.line(format!("{contacts} incomplete: --entity contacts lists them."))?;
        }
        match self.closed {
            Some(count @ 1..) => out.line(format!(
                "{} closed though incomplete: an addendum is all there is.",
                counted(count, "interaction was", "interactions were")
            )),
            _ => Ok(()),
        }
    }
}

fn show(kind: EntityArg, list: &[Incomplete], out: Out) -> Result<(), Failure> {
    if list.is_empty() {
        return out.line(format!("{}: nothing is incomplete.", kind.title()));
    }
    let rows = list.iter().map(|one| {
        let name = match &one.customer {
            Some(customer) => format!("{}, {customer}", one.name),
            None => one.name.clone(),
        };
        vec![
            one.since.to_datetime().format("%Y-%m-%d").to_string(),
            short(&name, 30),
            short(one.staff.as_deref().unwrap_or("-"), 16),
            one.missing.iter().map(|name| field_name(name)).collect::<Vec<_>>().join(", "),
            format!("{} %", one.completeness),
        ]
    });
    out.table(&["Since", kind.title(), "Whose", "Missing", "Complete"], 4, rows)
}
