use std::collections::BTreeMap;

use chrono::NaiveDate;
use crm_core::{
    customer::{self, Customer},
    kernel::{Criteria, Id, Query},
    ownership::Masks,
    staff_member::StaffMember,
    store::{Read, ReadUnit, every},
    territory::{self, MemberTrouble, Territory},
    territory_member::TerritoryMember,
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
};

/// So many customers are shown as examples.
const EXAMPLES: u32 = 20;

pub(super) async fn tree(unit: &mut dyn ReadUnit, day: NaiveDate, out: Out) -> Result<(), Failure> {
    let found = territory::check(unit, day).await?;
    let mut members: BTreeMap<Id<Territory>, Vec<TerritoryMember>> = BTreeMap::new();
    every::<TerritoryMember, _>(unit, Query::all(), |one| {
        if one.is_effective(day) {
            members.entry(one.territory_id).or_default().push(one.into_inner());
        }
        Ok(())
    })
    .await?;
    let named = find::colleagues(unit, members.values().flatten().map(|one| one.staff_id)).await?;
    let who = |territory| {
        let all = members.get(&territory).into_iter().flatten();
        let mut all: Vec<_> = all
            .filter_map(|one| Some((named.get(&one.staff_id)?.name.clone(), one.role.clone())))
            .collect();
        all.sort();
        all
    };
    let depth_first = depth_first(unit, day, &found).await?;
    if out.json {
        let all: Vec<_> = depth_first
            .iter()
            .map(|one| {
                let members = who(one.territory).into_iter();
                let members: Vec<_> =
                    members.map(|(name, role)| json!({"name": name, "role": role})).collect();
                json!({
                    "id": one.territory, "name": one.name, "depth": one.depth,
                    "customers": one.customers, "members": members,
                })
            })
            .collect();
        return out.json(&json!({"day": day, "territories": all, "nowhere": found.gap}));
    }
    if depth_first.is_empty() {
        return out.line(format!(
            "There are no territories on {day}: `crm territories align` reads them from a file."
        ));
    }
    let rows = depth_first.iter().map(|one| {
        let members = who(one.territory).into_iter().map(|(name, role)| {
            if role == TerritoryMember::OWNER { name } else { format!("{name} ({role})") }
        });
        vec![
            format!("{}{}", "  ".repeat(one.depth), short(&one.name, 36)),
            short(&members.collect::<Vec<_>>().join(", "), 44),
            grouped(one.customers),
        ]
    });
    out.table(&["Territory", "Members", "Customers"], 2, rows)?;
    match found.gap {
        0 => Ok(()),
        gap => out.line(format!(
            "{} to no territory: `crm territories check`",
            counted(gap, "customer belongs", "customers belong")
        )),
    }
}

/// Each with those below it, by name.
async fn depth_first<'c>(
    unit: &mut dyn ReadUnit,
    day: NaiveDate,
    found: &'c territory::TerritoryCheck,
) -> Result<Vec<&'c territory::TerritoryCount>, Failure> {
    let tree = territory::territory_tree(unit, day).await?;
    let mut all: Vec<_> = found.territories.iter().collect();
    all.sort_by_cached_key(|one| {
        let path = tree.path(one.territory).into_iter();
        path.map(|above| (above.name.clone(), above.id)).collect::<Vec<_>>()
    });
    Ok(all)
}

pub(super) async fn check(
    unit: &mut dyn ReadUnit,
    day: NaiveDate,
    out: Out,
) -> Result<(), Failure> {
    let found = territory::check(unit, day).await?;
    let gap = examples(unit, &found.gap_criteria).await?;
    let territories = super::names(unit).await?;
    let name = |id: &Id<Territory>| territories.get(id).map_or("-", String::as_str);
    let staff = found.members.iter().flat_map(|trouble| match trouble {
        MemberTrouble::Inactive { staff, .. } => [Some(*staff), None],
        MemberTrouble::Away { staff, deputy, .. } => [Some(*staff), *deputy],
        MemberTrouble::NoMember { .. } => [None, None],
    });
    let staff = find::colleagues(unit, staff.flatten()).await?;
    let person = |id: &Id<StaffMember>| staff.get(id).map_or("-", |one| one.name.as_str());
    if out.json {
        let overlaps: Vec<_> = found
            .overlaps
            .iter()
            .map(|one| {
                let territories: Vec<_> = one.territories.iter().map(name).collect();
                json!({"territories": territories, "customers": one.customers, "where": one.criteria})
            })
            .collect();
        let members: Vec<Value> = found
            .members
            .iter()
            .map(|trouble| match trouble {
                MemberTrouble::NoMember { territory } => {
                    json!({"is": "no_member", "territory": name(territory)})
                }
                MemberTrouble::Inactive { territory, staff } => {
                    json!({"is": "inactive", "territory": name(territory), "staff": person(staff)})
                }
                MemberTrouble::Away { territory, staff, deputy } => json!({
                    "is": "away", "territory": name(territory), "staff": person(staff),
                    "deputy": deputy.as_ref().map(person),
                }),
            })
            .collect();
        return out.json(&json!({
            "day": day, "customers": found.customers, "territories": found.territories.len(),
            "overlaps": overlaps,
            "gap": {"customers": found.gap, "where": found.gap_criteria, "first": gap},
            "members": members,
        }));
    }
    let fits = found.overlaps.is_empty() && found.gap == 0 && found.members.is_empty();
    let territories = counted(found.territories.len(), "territory", "territories");
    let customers = counted(found.customers, "customer", "customers");
    out.line(format!("{day}: {territories}, {customers}."))?;
    if fits {
        return out.line("Each customer belongs to one of them, and somebody is there in each.");
    }
    let overlaps = found.overlaps.iter().map(|one| {
        let names: Vec<_> = one.territories.iter().map(name).collect();
        vec!["overlap".to_owned(), short(&names.join(" and "), 60), grouped(one.customers)]
    });
    let nowhere = (found.gap > 0).then(|| {
        let more = if found.gap > u64::from(EXAMPLES) { ", …" } else { "" };
        vec![
            "in none".to_owned(),
            short(&format!("{}{more}", gap.join(", ")), 60),
            grouped(found.gap),
        ]
    });
    let members = found.members.iter().map(|trouble| {
        let what = match trouble {
            MemberTrouble::NoMember { territory } => {
                format!("{}: nobody works there", name(territory))
            }
            MemberTrouble::Inactive { territory, staff } => {
                format!("{}: {} does not work here any more", name(territory), person(staff))
            }
            MemberTrouble::Away { territory, staff, deputy } => {
                let stands_in = deputy.as_ref().map_or("nobody", person);
                format!("{}: {} is away, {stands_in} stands in", name(territory), person(staff))
            }
        };
        vec!["members".to_owned(), short(&what, 60), String::new()]
    });
    let rows: Vec<_> = overlaps.chain(nowhere).chain(members).collect();
    out.table(&["What", "Where", "Customers"], 2, rows)
}

/// The first of them, by name where no pool masks names.
async fn examples(
    unit: &mut dyn ReadUnit,
    criteria: &Criteria<Customer>,
) -> Result<Vec<String>, Failure> {
    let masks = Masks::load(unit).await?;
    let query = criteria.clone().query().limit(EXAMPLES);
    let by_name = Query::<Customer>::all().order_by(&customer::NAME);
    let query = match masks.asked(&by_name).is_empty() {
        true => query.order_by(&customer::NAME),
        false => query,
    };
    let page = Read::<Customer>::find(unit, query).await?;
    page.items.iter().map(|one| Ok(find::shown(&masks, one)?.name)).collect()
}
