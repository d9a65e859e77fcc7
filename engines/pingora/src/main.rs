//! A caching proxy on Pingora's published crates, for `edge-repro` to probe: memory cache, cache
//! lock, HTTP/1.1 and h2c on one port of 127.0.0.1, in the foreground until SIGTERM or SIGINT.

mod figures;
mod flags;
mod proxy;

use std::net::TcpListener;
use std::process::ExitCode;

use pingora::apps::HttpServerOptions;
use pingora::proxy::http_proxy_service;
use pingora::server::Server;
use pingora::server::configuration::ServerConf;

use flags::{Command, Settings};
use proxy::Proxy;

const VERSION: &str = concat!(
    "edge-repro-pingora ",
    env!("CARGO_PKG_VERSION"),
    " (pingora 0.8.1)"
);

fn main() -> ExitCode {
    match flags::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(settings)) => serve(settings),
        Ok(Command::Version) => say(VERSION),
        Ok(Command::Help) => say(flags::USAGE),
        Err(error) => {
            eprintln!("edge-repro-pingora: {error}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

fn serve(settings: Settings) -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error")).init();
    let address = format!("127.0.0.1:{}", settings.port);
    // Pingora tries a port that is taken for half a minute and then goes on without a listener.
    if let Err(error) = TcpListener::bind(&address) {
        eprintln!("edge-repro-pingora: Cannot listen on {address}: {error}");
        return ExitCode::FAILURE;
    }
    let mut server = Server::new_with_opt_and_conf(None, configuration());
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, Proxy::new(settings));
    if let Some(app) = service.app_logic_mut() {
        let mut options = HttpServerOptions::default();
        options.h2c = true;
        app.server_options = Some(options);
    }
    service.add_tcp(&address);
    server.add_service(service);
    server.run_forever()
}

/// Pingora's defaults, but for the end: SIGTERM would let requests run on for five minutes.
fn configuration() -> ServerConf {
    ServerConf {
        grace_period_seconds: Some(0),
        graceful_shutdown_timeout_seconds: Some(0),
        // Where SIGQUIT would hand the listening socket to: nobody.
        upgrade_sock: String::new(),
        ..ServerConf::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_the_release_that_is_pinned() {
        let pinned = include_str!("../Cargo.toml").matches("\"=0.8.1\"").count();
        assert_eq!(pinned, 5, "and VERSION has to say the same");
        assert!(super::VERSION.ends_with("(pingora 0.8.1)"));
    }
}
