use std::{path::Path, sync::Arc};

use crm_benches::{
    Result,
    house::{House, Random, tenant},
};
use crm_core::{
    customer::Customer,
    kernel::{Id, Ports},
    store::{Store, UnitOfWork, expect},
};
use crm_store_sqlite::{SqliteOptions, SqliteStore, system_ports};

use super::by_hand::ByHand;

/// Somebody who does units of one read and two writes, each on the disk when it is over.
pub(crate) trait Contender: Send + Sync + 'static {
    fn unit(&self, random: &mut Random) -> impl Future<Output = Result> + Send;
}

/// The library's store.
pub(crate) struct Ours {
    store: SqliteStore,
    house: House,
}

/// All three, each with a file of its own and the same house in it.
pub(crate) struct Contenders {
    pub(crate) by_hand: Arc<ByHand>,
    pub(crate) one_each: Arc<Ours>,
    pub(crate) group: Arc<Ours>,
}

impl Contenders {
    pub(crate) async fn open(folder: &Path, customers: usize) -> Result<Self> {
        let ports = system_ports;
        let group =
            Ours::open(&folder.join("group"), SqliteOptions::new(ports()), customers).await?;
        let options = SqliteOptions::new(ports()).group_limit(1);
        let one_each = Ours::open(&folder.join("one_each"), options, customers).await?;
        let by_hand = ByHand::open(&folder.join("by_hand"), ports(), customers).await?;
        Ok(Self {
            by_hand: Arc::new(by_hand),
            one_each: Arc::new(one_each),
            group: Arc::new(group),
        })
    }
}

impl Ours {
    pub(crate) async fn open(
        path: &Path,
        options: SqliteOptions,
        customers: usize,
    ) -> Result<Self> {
        let store = options.open(path).await?;
        store.migrate().await?;
        let house = House::build(&store, tenant(1), customers, 0).await?;
        Ok(Self { store, house })
    }

    pub(crate) fn commits(&self) -> (u64, u64) {
        self.store.commits()
    }
}

impl Contender for Ours {
    async fn unit(&self, random: &mut Random) -> Result {
        let mut work = self.store.begin(self.house.scope.clone()).await?;
        let n = random.below(self.house.customers.len());
        let customer: Id<Customer> = self.house.customer(n)?;
        let customer = expect::<Customer, dyn UnitOfWork>(&mut *work, customer).await?;
        let (id, now) = (Id::new(work.next_id()), work.now());
        work.insert(self.house.interaction(random, n, id, now)?).await?;
        let employees = customer.employees.unwrap_or_default() + 1;
        work.update(customer.edit(|c| c.employees = Some(employees))).await?;
        Ok(work.commit().await?)
    }
}

/// What a contender needs to make the same house in its file.
pub(crate) async fn house(path: &Path, ports: &Ports, customers: usize) -> Result<House> {
    let store = SqliteOptions::new(ports.clone()).open(path).await?;
    store.migrate().await?;
    House::build(&store, tenant(1), customers, 0).await
}
