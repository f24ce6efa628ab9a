//! The management API as the doctor reads it: GET requests with the worker's token, and what a refusal means.
//!
//! Deliberately not here: what is asked for.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::network::{TRY_AGAIN, below, get};
use super::probe::Trouble;
use crate::client::Transport;

/// The management API, as the worker sees it.
pub(super) struct Api<'a> {
    pub(super) transport: &'a Transport,
    pub(super) environment: String,
    pub(super) headers: HeaderMap,
}

impl Api<'_> {
    /// Reads something below the environment.
    pub(super) async fn read(&self, segments: &[&str], query: Option<&str>) -> Result<Value, Trouble> {
        let environment = ["environments", &self.environment];
        self.read_at(&[&environment, segments].concat(), query).await
    }

    /// Reads something that no environment has.
    pub(super) async fn read_outside(&self, segments: &[&str]) -> Result<Value, Trouble> {
        self.read_at(segments, None).await
    }

    async fn read_at(&self, segments: &[&str], query: Option<&str>) -> Result<Value, Trouble> {
        let mut url = below(self.transport.base(), segments);
        if let Some(filter) = query {
            url.query_pairs_mut().append_pair("filter", filter);
        }
        let (response, _) = get(self.transport, url, self.headers.clone()).await?;
        match response.status {
            200 => serde_json::from_slice(&response.body)
                .map_err(|_| ("the response is not JSON".into(), TRY_AGAIN.into())),
            404 => Err((
                "it does not exist".into(),
                "compare its id with the console; ids belong to one environment".into(),
            )),
            status @ (401 | 403) => {
                let advice = "give the worker a role that may read it: Environment Admin and Identity Data Admin, or their \
                              read-only counterparts, in this environment";
                Err((format!("the worker may not read it ({status})"), advice.into()))
            }
            status => Err((format!("the management API answers {status}"), TRY_AGAIN.into())),
        }
    }
}
