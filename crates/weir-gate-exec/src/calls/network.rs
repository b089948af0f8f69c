//! Connections: made by the supervisor, with the address that was judged, on a copy of the caller's socket.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::AT_CURRENT;
use crate::resolve::{Found, Object, descriptor_path};
use crate::supervisor::{Answer, Question, Scene, Stop};
use crate::{NetworkPolicy, kernel};

const AF_UNSPEC: u16 = 0;
const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const AF_VSOCK: u16 = 40;
/// `struct sockaddr_storage`.
const ADDRESS_MAX: usize = 128;
/// The largest datagram that the Internet protocols carry, and more than Unix sockets take by default.
const DATAGRAM_MAX: u64 = 1 << 18;
const MSG_FASTOPEN: i32 = 0x2000_0000;
const MESSAGES_MAX: u32 = 1024;
/// `struct msghdr` and `struct mmsghdr` with 64-bit pointers.
const MESSAGE_STRIDE: u64 = 64;

/// An address as it will be used.
struct Address {
    bytes: Vec<u8>,
    /// Keeps what a path in `bytes` stands for.
    _held: Option<Object>,
}

pub(super) fn connect(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let socket = scene.target.copy(scene.int(0))?;
    let length = usize::try_from(scene.low(2)).unwrap_or(usize::MAX);
    let address = judged(scene, scene.long(1), length)?;
    scene.target.confirm()?;
    let waits = !rustix::fs::fcntl_getfl(&socket)?.contains(OFlags::NONBLOCK);
    if !waits {
        kernel::connect(socket.as_fd(), &address.bytes).map_err(errno)?;
        return Ok(Answer::Done(0));
    }
    connect_elsewhere(scene, socket, address)
}

/// A connection may take as long as it likes, but not the supervisor's time.
fn connect_elsewhere(scene: &Scene<'_>, socket: OwnedFd, address: Address) -> Result<Answer, Stop> {
    let (listener, id) = (Arc::clone(scene.listener), scene.target.id);
    let attempt = move || {
        // Whole: the address may be the name of a descriptor that it holds.
        let address = address;
        let _ = match kernel::connect(socket.as_fd(), &address.bytes) {
            Ok(()) => kernel::succeed(listener.as_fd(), id, 0),
            Err(error) => kernel::fail(listener.as_fd(), id, errno(error).raw_os_error()),
        };
    };
    std::thread::Builder::new().name("connecting".to_owned()).spawn(attempt).map_err(|_| Errno::AGAIN)?;
    Ok(Answer::Elsewhere)
}

fn errno(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

pub(super) fn send_to(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let (size, flags) = (scene.long(2), scene.int(3));
    if flags & MSG_FASTOPEN != 0 {
        return Err(Errno::OPNOTSUPP.into());
    }
    if size > DATAGRAM_MAX {
        return Err(Errno::MSGSIZE.into());
    }
    let socket = scene.target.copy(scene.int(0))?;
    let length = usize::try_from(scene.low(5)).unwrap_or(usize::MAX);
    let address = judged(scene, scene.long(4), length)?;
    let data = scene.target.bytes(scene.long(1), usize::try_from(size).map_err(|_| Errno::MSGSIZE)?)?;
    scene.target.confirm()?;
    let sent = kernel::send_to(socket.as_fd(), &data, flags, &address.bytes).map_err(errno)?;
    Ok(Answer::Done(i64::try_from(sent).unwrap_or(i64::MAX)))
}

/// Judged by what the memory says now; the kernel reads it again. The worst that a race gains is a datagram to an address
/// that was not judged.
pub(super) fn send_message(scene: &mut Scene<'_>, count: u32) -> Result<Answer, Stop> {
    let flags = if count == 1 && scene.call == crate::filter::Call::sendmsg { scene.int(2) } else { scene.int(3) };
    if flags & MSG_FASTOPEN != 0 {
        return Err(Errno::OPNOTSUPP.into());
    }
    for index in 0..u64::from(count.min(MESSAGES_MAX)) {
        let header = scene.long(1).saturating_add(index.saturating_mul(MESSAGE_STRIDE));
        let name = scene.target.word(header)?;
        let length = scene.target.word(header.saturating_add(8))? & u64::from(u32::MAX);
        if name != 0 && length != 0 {
            judged(scene, name, usize::try_from(length).unwrap_or(usize::MAX))?;
        }
    }
    scene.target.confirm()?;
    Ok(Answer::Proceed)
}

/// Reads an address and asks whether it may be reached.
fn judged(scene: &mut Scene<'_>, address: u64, length: usize) -> Result<Address, Stop> {
    if !(2..=ADDRESS_MAX).contains(&length) {
        return Err(Errno::INVAL.into());
    }
    let bytes = scene.target.bytes(address, length)?;
    let family = match bytes.first_chunk::<2>() {
        Some(family) => u16::from_ne_bytes(*family),
        None => return Err(Errno::INVAL.into()),
    };
    match family {
        AF_UNIX => return unix(scene, bytes),
        AF_UNSPEC => {}
        AF_INET | AF_INET6 => {
            let (host, port) = internet(&bytes).ok_or(Errno::INVAL)?;
            reach(scene, host, port)?;
        }
        AF_VSOCK => reach(scene, "the host of this machine".to_owned(), 0)?,
        _ => {}
    }
    Ok(Address { bytes, _held: None })
}

fn reach(scene: &Scene<'_>, host: String, port: u16) -> Result<(), Stop> {
    let what = format!("{host} port {port}");
    match scene.rules.network {
        NetworkPolicy::Open => Ok(()),
        NetworkPolicy::Judged => scene.ruling(Question::Connect { host, port }, &what),
        NetworkPolicy::Closed => Err(Stop::refused(what, "this command has no network", Errno::NETUNREACH)),
    }
}

fn internet(bytes: &[u8]) -> Option<(String, u16)> {
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let family = u16::from_ne_bytes(*bytes.first_chunk()?);
    if family == AF_INET {
        return Some((Ipv4Addr::from(*bytes.get(4..)?.first_chunk::<4>()?).to_string(), port));
    }
    let address = Ipv6Addr::from(*bytes.get(8..)?.first_chunk::<16>()?);
    // An old address in a new form is the same host.
    Some((address.to_ipv4_mapped().map_or_else(|| address.to_string(), |address| address.to_string()), port))
}

fn unix(scene: &Scene<'_>, bytes: Vec<u8>) -> Result<Address, Stop> {
    let name = bytes.get(2..).unwrap_or_default();
    if name.first().is_none_or(|first| *first == 0) {
        let name = String::from_utf8_lossy(name.get(1..).unwrap_or_default()).into_owned();
        if takes_orders(Path::new(&name)) == Orders::Never {
            return Err(refused(&format!("@{name}")));
        }
        return Ok(Address { bytes, _held: None });
    }
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let path = OsStr::from_bytes(name.get(..end).unwrap_or_default());
    let place = scene.rules.world.place(&scene.target, AT_CURRENT, path)?;
    let Found::There(object) = scene.rules.world.find(&scene.target, place, true)? else {
        return Err(Errno::NOENT.into());
    };
    let born_here = object.status.identity.birth > scene.rules.began.at_the_latest;
    match takes_orders(&object.path) {
        Orders::Never => return Err(refused(&object.path.display().to_string())),
        // One that was started inside of this run is guarded too.
        Orders::Outside if !born_here => return Err(refused(&object.path.display().to_string())),
        _ => {}
    }
    let mut bytes = AF_UNIX.to_ne_bytes().to_vec();
    bytes.extend(descriptor_path(object.file.as_fd()).as_os_str().as_bytes());
    bytes.push(0);
    Ok(Address { bytes, _held: Some(object) })
}

fn refused(what: &str) -> Stop {
    Stop::refused(what, "what listens there carries out orders outside of the guard", Errno::ACCESS)
}

#[derive(Debug, PartialEq, Eq)]
enum Orders {
    /// An ordinary service.
    No,
    /// Runs programs for whoever asks, where it was started.
    Outside,
    /// Runs programs for whoever asks, with more rights than the command has.
    Never,
}

/// Whether a socket belongs to something that starts programs or changes files for others.
fn takes_orders(path: &Path) -> Orders {
    const CONTAINERS: [&str; 12] = [
        "docker.sock",
        "podman.sock",
        "containerd.sock",
        "containerd.sock.ttrpc",
        "crio.sock",
        "buildkitd.sock",
        "dockershim.sock",
        "snapd.socket",
        "snapd-snap.socket",
        "libvirt-sock",
        "virtqemud-sock",
        "system_bus_socket",
    ];
    const TERMINALS: [&str; 7] = ["tmux-", "screens", "S-", "emacs", "kitty", "wezterm", "zellij"];
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let text = path.to_string_lossy();
    if CONTAINERS.contains(&name)
        || text.contains("/containerd-shim")
        || text == "/run/systemd/private"
        || text.starts_with("/run/systemd/io.systemd.Manager")
        || (name == "unix.socket" && (text.contains("/lxd/") || text.contains("/incus/")))
    {
        return Orders::Never;
    }
    let directories = || path.parent().into_iter().flat_map(Path::iter).filter_map(OsStr::to_str);
    let multiplexer = directories().any(|part| TERMINALS.iter().any(|terminal| part.starts_with(terminal)));
    let service_manager = text.starts_with("/run/user/") && (name == "bus" || text.contains("/systemd/"));
    let editor = name.starts_with("vscode-") || name.starts_with("kitty") || name.starts_with("wezterm");
    if multiplexer || service_manager || editor || name.starts_with("dbus-") {
        return Orders::Outside;
    }
    Orders::No
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_take_orders_are_known() {
        for path in [
            "/run/docker.sock",
            "/home/a/.docker/run/docker.sock",
            "/run/systemd/private",
            "/run/dbus/system_bus_socket",
        ] {
            assert_eq!(takes_orders(Path::new(path)), Orders::Never, "{path}");
        }
        for path in ["/tmp/tmux-1000/default", "/run/user/1000/bus", "/run/screen/S-a/1.x", "/tmp/dbus-aBc"] {
            assert_eq!(takes_orders(Path::new(path)), Orders::Outside, "{path}");
        }
        for path in
            ["/tmp/.s.PGSQL.5432", "/run/user/1000/gnupg/S.gpg-agent", "/tmp/ssh-x/agent.1", "/run/mysqld/mysqld.sock"]
        {
            assert_eq!(takes_orders(Path::new(path)), Orders::No, "{path}");
        }
    }

    #[test]
    fn addresses_are_read() {
        let mut four = AF_INET.to_ne_bytes().to_vec();
        four.extend([0x15, 0x38, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(internet(&four), Some(("10.0.0.1".to_owned(), 5432)));
        assert_eq!(internet(&four[..6]), None);
        let mut six = AF_INET6.to_ne_bytes().to_vec();
        six.extend([0, 80, 0, 0, 0, 0]);
        six.extend(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped().octets());
        assert_eq!(internet(&six), Some(("10.0.0.1".to_owned(), 80)));
    }
}
