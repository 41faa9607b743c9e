//! The reference store, in memory: what the ports mean, with nothing in between.
//!
//! It is for tests, samples and small tools: it keeps nothing when the program ends. The data are
//! persistent maps, so that a unit of work is a cheap clone of them: committing it puts the clone
//! in their place, dropping it forgets it.

mod classes;
mod insights;
mod tenant;
mod unit;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use async_trait::async_trait;

use crate::{
    Result,
    kernel::{Ports, Scope, TenantId},
    store::{ReadUnit, Store, UnitOfWork},
};

use tenant::Tenant;
use unit::{Unit, Writer};

/// A store that keeps its data in memory. A clone of it is another handle to the same data.
///
/// Each tenant has one writer: units of work of one tenant wait for each other, in turn; units that
/// only read wait for nobody.
///
/// ```
/// use crm_core::{customer::{Customer, CustomerKind}, kernel::*, memory::MemoryStore, store::{Read, Append, Store}};
/// # futures_executor::block_on(async {
/// let ports = Ports::new(FixedClock::new("2017-12-31T08:00:00Z".parse()?), SequentialIds::new(1));
/// let store = MemoryStore::new(ports);
/// let scope = Scope::new(TenantId(uuid::Uuid::from_u128(1)), Actor::new("anna")?);
///
/// let mut work = store.begin(scope.clone()).await?;
/// let id = Id::new(work.next_id());
/// work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
/// work.commit().await?;
///
/// let acme = store.read(scope).await?.get(id).await?;
/// assert_eq!(acme.map(|c| c.name.clone()).as_deref(), Some("Acme"));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    ports: Ports,
    tenants: Arc<Mutex<HashMap<TenantId, Arc<Place>>>>,
}

impl MemoryStore {
    /// An empty store, with the host's time and ids.
    pub fn new(ports: Ports) -> Self {
        Self { ports, tenants: Arc::default() }
    }

    fn place(&self, tenant: TenantId) -> Arc<Place> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant).or_default())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>> {
        let place = self.place(scope.tenant);
        let turn = place.writer.lock_arc().await;
        let tenant = place.committed();
        Ok(Box::new(Unit::new(scope, tenant, Writer::new(self.ports.clone(), place, turn))))
    }

    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let tenant = tenants.get(&scope.tenant).map(|place| place.committed()).unwrap_or_default();
        Ok(Box::new(Unit::new(scope, tenant, ())))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("ports", &self.ports).finish_non_exhaustive()
    }
}

/// Where one tenant's data are.
#[derive(Default)]
struct Place {
    writer: Arc<async_lock::Mutex<()>>,
    committed: RwLock<Tenant>,
}

impl Place {
    fn committed(&self) -> Tenant {
        self.committed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn commit(&self, tenant: Tenant) {
        *self.committed.write().unwrap_or_else(PoisonError::into_inner) = tenant;
    }
}
