{
  lib,
  stdenv,
  debianSources,
  libxcrypt,
  openssl,
  pcre2,
  zlib,
  withStream ? true,
  modules ? [ ],
}:

stdenv.mkDerivation {
  pname = "nginx";
  inherit (debianSources.nginx) version;

  src = debianSources.nginx.orig;

  buildInputs = [
    libxcrypt
    openssl
    pcre2
    zlib
  ]
  ++ lib.concatMap (module: module.inputs or [ ]) modules;

  # Not autoconf's configure. What is written while it runs lies outside the store.
  setOutputFlags = false;
  dontAddDisableDepTrack = true;
  dontDisableStatic = true;
  configureFlags = [
    "--sbin-path=bin/nginx"
    "--conf-path=conf/nginx.conf"
    "--http-log-path=/var/log/nginx/access.log"
    "--error-log-path=/var/log/nginx/error.log"
    "--pid-path=/var/log/nginx/nginx.pid"
    "--http-client-body-temp-path=/tmp/nginx_client_body"
    "--http-proxy-temp-path=/tmp/nginx_proxy"
    "--http-fastcgi-temp-path=/tmp/nginx_fastcgi"
    "--http-uwsgi-temp-path=/tmp/nginx_uwsgi"
    "--http-scgi-temp-path=/tmp/nginx_scgi"
    "--with-compat"
    "--with-file-aio"
    "--with-http_addition_module"
    "--with-http_auth_request_module"
    "--with-http_dav_module"
    "--with-http_gunzip_module"
    "--with-http_gzip_static_module"
    "--with-http_realip_module"
    "--with-http_ssl_module"
    "--with-http_stub_status_module"
    "--with-http_sub_module"
    "--with-http_v2_module"
    "--with-pcre-jit"
    "--with-threads"
  ]
  ++ lib.optionals withStream [
    "--with-stream"
    "--with-stream_realip_module"
    "--with-stream_ssl_module"
    "--with-stream_ssl_preread_module"
  ]
  ++ map (module: "--add-module=${module.src}") modules;

  enableParallelBuilding = true;

  # Folders outside the store are made where nginx runs.
  preInstall = ''
    sed -i "s,'[^']*/var/log/nginx',$NIX_BUILD_TOP/log,g" objs/Makefile
  '';

  postInstall = ''
    mkdir -p "$out/share/nginx"
    mv "$out/html" "$out/share/nginx/html"
  '';

  meta = {
    description = "Reverse proxy and lightweight webserver";
    homepage = "https://nginx.org";
    license = lib.licenses.bsd2;
    mainProgram = "nginx";
    platforms = lib.platforms.all;
  };
}
