//! The command line: the flags that `edge-repro serve caching-proxy` has too, with the same values.

use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::time::Duration;

pub const USAGE: &str = "\
Usage: edge-repro-pingora [FLAGS]

  --port N                      Where to listen on 127.0.0.1 (default 6148)
  --origin-port N               The port of an origin on this machine (default 8000)
  --origin URL                  Where misses go instead: http://HOST:PORT
  --lock-age-timeout DURATION   How long one writer may hold the lock (default 1m)
  --lock-wait-timeout DURATION  How long one reader waits for locks in all (default 1m)
  --max-size BYTES              The most that stored bodies take together (default: no limit)
  --version, --help

A duration is a number with ms, s, m or h; a bare number is in seconds.";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the proxy is started with.
#[derive(Debug, PartialEq)]
pub struct Settings {
    pub port: u16,
    /// The origin's address; its name is looked up once.
    pub origin: SocketAddr,
    pub lock_age_timeout: Duration,
    pub lock_wait_timeout: Duration,
    /// In bytes.
    pub max_size: Option<usize>,
}

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub enum Command {
    Serve(Settings),
    Version,
    Help,
}

/// Reads `--flag value` and `--flag=value`. The error is one line that names the flag, what was
/// received and what is expected.
pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut settings = Settings {
        port: 6148,
        origin: SocketAddr::from(([127, 0, 0, 1], 8000)),
        lock_age_timeout: Duration::from_secs(60),
        lock_wait_timeout: Duration::from_secs(60),
        max_size: None,
    };
    let mut origin = None;
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let (flag, inline) = match arg.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (arg, None),
        };
        match (flag.as_str(), &inline) {
            ("--version", None) => return Ok(Command::Version),
            ("--help", None) => return Ok(Command::Help),
            _ => {}
        }
        let mut value = || {
            let missing = || format!("{flag}: received nothing, expected a value");
            inline.clone().or_else(|| args.next()).ok_or_else(missing)
        };
        match flag.as_str() {
            "--port" => settings.port = whole(&flag, &value()?, 1..=u16::MAX.into())? as u16,
            "--origin-port" => {
                let port = whole(&flag, &value()?, 1..=u16::MAX.into())? as u16;
                settings.origin.set_port(port);
            }
            "--origin" => origin = Some(address(&flag, &value()?)?),
            "--lock-age-timeout" => settings.lock_age_timeout = duration(&flag, &value()?)?,
            "--lock-wait-timeout" => settings.lock_wait_timeout = duration(&flag, &value()?)?,
            "--max-size" => {
                settings.max_size = Some(whole(&flag, &value()?, 0..=1 << 34)? as usize)
            }
            _ => {
                return Err(format!(
                    "{flag}: unknown flag, expected one of those in --help"
                ));
            }
        }
    }
    settings.origin = origin.unwrap_or(settings.origin);
    Ok(Command::Serve(settings))
}

fn whole(flag: &str, text: &str, allowed: RangeInclusive<u64>) -> Result<u64, String> {
    let read = text.parse().ok().filter(|number| allowed.contains(number));
    read.ok_or_else(|| {
        let (least, most) = (allowed.start(), allowed.end());
        format!("{flag}: received '{text}', expected a whole number from {least} to {most}")
    })
}

fn duration(flag: &str, text: &str) -> Result<Duration, String> {
    let allowed = Duration::from_millis(1)..=DAY;
    let read = read_duration(text).filter(|duration| allowed.contains(duration));
    read.ok_or_else(|| {
        format!(
            "{flag}: received '{text}', expected a duration from 1ms to 24h, such as 250ms or 5s"
        )
    })
}

fn read_duration(text: &str) -> Option<Duration> {
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds_per = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok().filter(|_| !number.ends_with('.'))?;
    Duration::try_from_secs_f64(number * seconds_per).ok()
}

fn address(flag: &str, url: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{flag}: received '{url}', expected http://HOST:PORT");
    let authority = url.strip_prefix("http://").ok_or_else(wrong)?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    // RFC 9110 §4.2.1: port 80 where none is given. `::1` without brackets is no authority.
    let has_port = authority
        .rsplit(']')
        .next()
        .is_some_and(|rest| rest.contains(':'));
    let with_port = if has_port {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    with_port
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_durations_as_the_toolkit_does() {
        for (text, ms) in [
            ("250ms", 250),
            ("5s", 5_000),
            ("1m", 60_000),
            ("1.5", 1_500),
            (".5", 500),
        ] {
            assert_eq!(
                read_duration(text),
                Some(Duration::from_millis(ms)),
                "{text}"
            );
        }
        for text in ["", ".", "5.", "5x", "-1", "1e3", "inf", "s", "1.2.3"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }

    #[test]
    fn reads_flags_with_either_spelling_of_a_value() {
        let Ok(Command::Serve(settings)) = args("--port=7000 --origin-port 7001 --max-size 0")
        else {
            panic!("not read");
        };
        assert_eq!((settings.port, settings.max_size), (7000, Some(0)));
        assert_eq!(settings.origin, SocketAddr::from(([127, 0, 0, 1], 7001)));
        let Ok(Command::Serve(settings)) = args("--origin http://127.0.0.2:81/ --origin-port 9")
        else {
            panic!("not read");
        };
        assert_eq!(settings.origin, SocketAddr::from(([127, 0, 0, 2], 81)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, said) in [
            ("--lock-age-timeout 0", "--lock-age-timeout: received '0'"),
            ("--port 70000", "--port: received '70000'"),
            ("--port", "--port: received nothing"),
            ("--origin https://127.0.0.1:1", "expected http://HOST:PORT"),
            ("--max-waiting 5", "--max-waiting: unknown flag"),
            ("serve", "serve: unknown flag"),
        ] {
            let error = args(line).expect_err(line);
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
