//! A bookshop that keeps its orders in memory: the server under test.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// The orders; the id of each is its position.
type Orders = Arc<Mutex<Vec<Value>>>;
type Answer = (StatusCode, Json<Value>);

/// The shop.
pub fn shop() -> Router {
    let routes = Router::new()
        .route("/orders", post(place))
        .route("/orders/{id}", get(read))
        .route("/orders/{id}/payment", post(pay));
    Router::new().nest("/shop", routes.with_state(Orders::default()))
}

async fn place(State(orders): State<Orders>, Json(order): Json<Value>) -> Answer {
    let Some(book) = order["book"].as_str().filter(|book| !book.is_empty()) else {
        return problem(StatusCode::BAD_REQUEST, "NO_BOOK");
    };
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let order = json!({ "id": orders.len(), "book": book, "status": "OPEN" });
    orders.push(order.clone());
    (StatusCode::CREATED, Json(order))
}

async fn read(State(orders): State<Orders>, Path(id): Path<usize>) -> Answer {
    match orders.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
        Some(order) => (StatusCode::OK, Json(order.clone())),
        None => problem(StatusCode::NOT_FOUND, "NO_SUCH_ORDER"),
    }
}

async fn pay(State(orders): State<Orders>, Path(id): Path<usize>, Json(_): Json<Value>) -> Answer {
    match orders.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
        Some(order) if order["status"] == "PAID" => problem(StatusCode::CONFLICT, "PAID_ALREADY"),
        Some(order) => {
            order["status"] = "PAID".into();
            (StatusCode::OK, Json(order.clone()))
        }
        None => problem(StatusCode::NOT_FOUND, "NO_SUCH_ORDER"),
    }
}

fn problem(status: StatusCode, code: &str) -> Answer {
    (status, Json(json!({ "code": code })))
}
