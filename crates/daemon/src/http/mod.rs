//! The HTTP API: facts in, tasks and case files out. Described at `/openapi.json`.
//!
//! Deliberately absent: rules, and where the parts come from (`serve` brings them together).

mod access;
mod account_tasks;
mod app;
mod because;
mod board;
mod coverage;
mod deadlines;
mod exchanges;
mod explain;
mod export;
mod facts;
mod foresight;
mod gist;
mod health;
mod hide;
mod holds;
mod import;
mod mask;
mod metrics;
mod orders;
mod outages;
mod params;
pub(crate) mod plan;
mod problem;
mod push_facts;
mod push_record;
mod pushes;
mod reasons;
mod reload;
mod schedules;
mod spoken;
mod status;
mod sums;
mod task_actions;
mod tasks;
mod trace;
mod view;
mod written;

pub use access::{Access, Caller};
pub use app::App;
pub use facts::OrderName;
pub use problem::{Against, FieldError, Kind, Problem};
pub use tasks::{TaskItem, open_tasks};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use std::sync::Arc;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Parcelward", description = "After-sales parcel cases: facts in, tasks with time left out."),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token of the token file; none is asked for without one"))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Routes with their description.
type Routes = OpenApiRouter<Arc<App>>;

/// Every route: quick ones, uploads and downloads, and those that ask for no token.
fn routes() -> (Routes, Routes, Routes) {
    let quick = OpenApiRouter::new()
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::get))
        .routes(routes!(task_actions::batch))
        .routes(routes!(task_actions::act))
        .routes(routes!(orders::case))
        .routes(routes!(orders::order))
        .routes(routes!(deadlines::list))
        .routes(routes!(explain::get))
        .routes(routes!(explain::get_kind))
        .routes(routes!(board::get))
        .routes(routes!(status::get))
        .routes(routes!(coverage::list, coverage::put, coverage::delete))
        .routes(routes!(holds::list))
        .routes(routes!(holds::set))
        .routes(routes!(holds::release))
        .routes(routes!(reload::post))
        .routes(routes!(plan::post_apply))
        .routes(routes!(schedules::list))
        .routes(routes!(schedules::next))
        .routes(routes!(schedules::run))
        .routes(routes!(schedules::runs))
        .routes(routes!(metrics::get));
    let uploads = OpenApiRouter::new()
        .routes(routes!(facts::post))
        .routes(routes!(import::post))
        .routes(routes!(export::get))
        .routes(routes!(plan::post_plan));
    let open = OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz)).routes(routes!(pushes::post));
    (quick, uploads, open)
}

/// The description of the API (OpenAPI 3.1).
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let (quick, uploads, open) = routes();
    OpenApiRouter::with_openapi(Description::openapi()).merge(quick).merge(uploads).merge(open).into_openapi()
}

/// The API.
pub fn router(app: Arc<App>, access: Access) -> Router {
    metrics::start();
    let (quick, uploads, open) = routes();
    let server = app.config().settings.server.clone();
    let access = Arc::new(access);
    let guarded = quick.layer(from_fn_with_state(trace::Limit(server.request_time), trace::limit));
    let uploads = uploads.layer(from_fn_with_state(trace::Limit(server.upload_time), trace::limit));
    let guarded = guarded.merge(uploads).layer(from_fn_with_state(access, access::require));
    let open = open.layer(from_fn_with_state(trace::Limit(server.request_time), trace::limit));
    let (router, api) = OpenApiRouter::with_openapi(Description::openapi()).merge(guarded).merge(open).split_for_parts();
    let description = Arc::new(api.to_json().unwrap_or_default());
    router
        .route(
            "/openapi.json",
            axum::routing::get(move || async move { ([("content-type", "application/json")], description.as_str().to_owned()) }),
        )
        .fallback(|| async { Problem::not_found("there is nothing at this path; /openapi.json says what there is") })
        .method_not_allowed_fallback(|| async { Problem::new(Kind::MethodNotAllowed) })
        // Every body has a limit of its own (`read_body`).
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(from_fn(trace::request))
        .with_state(app)
}

/// A body, whole.
pub(crate) async fn read_body(request: Request, most: usize) -> Result<Bytes, Problem> {
    axum::body::to_bytes(request.into_body(), most).await.map_err(|error| {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = source {
            if inner.is::<http_body_util::LengthLimitError>() {
                return Problem::new(Kind::TooLarge).detail(format!("a body has at most {most} bytes here; send it in parts"));
            }
            source = inner.source();
        }
        Problem::bad("(body)", "could not be read to its end")
    })
}
