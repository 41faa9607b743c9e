use crm_core::{
    kernel::{Currency, Id, Money},
    org_unit::OrgUnit,
    product::Product,
    staff_member::StaffMember,
};
use uuid::Uuid;

use super::{
    random::Random,
    words::{FAMILY, GIVEN, PRODUCTS},
};

/// The house itself: its branches, its people, what it sells.
pub(super) struct Company {
    pub(super) units: Vec<OrgUnit>,
    pub(super) staff: Vec<StaffMember>,
    pub(super) products: Vec<Product>,
}

impl Company {
    /// A manager for each branch, and four to forty who sell.
    pub(super) fn new(random: &mut Random, customers: u32, next_id: impl Fn() -> Uuid) -> Self {
        let head = OrgUnit::new(Id::new(next_id()), "Head office");
        let branches = ["North", "South"].map(|name| {
            let mut unit = OrgUnit::new(Id::new(next_id()), format!("Branch {name}"));
            unit.parent_id = Some(head.id);
            unit
        });
        let mut staff = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            let mut manager = person(random, at, &next_id);
            manager.title = Some("Branch manager".to_owned());
            manager.org_unit_id = Some(branch.id);
            staff.push(manager);
        }
        let managers = staff.clone();
        for at in 0..(customers / 50).clamp(4, 40) as usize {
            let mut seller = person(random, at + managers.len(), &next_id);
            let manager = managers.get(at % managers.len());
            seller.title = Some("Account manager".to_owned());
            seller.manager_id = manager.map(|manager| manager.id);
            seller.org_unit_id = manager.and_then(|manager| manager.org_unit_id);
            staff.push(seller);
        }
        let products = PRODUCTS.iter().map(|(name, category, price)| {
            let mut product = Product::new(Id::new(next_id()), *name);
            product.category = Some((*category).to_owned());
            product.list_price = Money::new((*price).into(), Currency::EUR).ok();
            product
        });
        let products = products.collect();
        let [north, south] = branches;
        Self { units: vec![head, north, south], staff, products }
    }

    /// Those who sell.
    pub(super) fn sellers(&self) -> &[StaffMember] {
        self.staff.get(2..).unwrap_or_default()
    }
}

/// Given names go round, so that nobody is called like the one beside.
fn person(random: &mut Random, at: usize, next_id: &impl Fn() -> Uuid) -> StaffMember {
    let given = GIVEN.get(at % GIVEN.len()).copied().unwrap_or_default();
    let family = random.pick(FAMILY);
    let mut person = StaffMember::new(Id::new(next_id()), format!("{given} {family}"));
    person.email = Some(format!("{}@house.example", given.to_lowercase()));
    person
}
