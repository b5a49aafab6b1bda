# The nginx web server and reverse proxy.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib)
    concatMapStrings
    concatStringsSep
    mkDefault
    mkIf
    mkOption
    optional
    optionalString
    types
    ;

  cfg = config.services.nginx;

  lines =
    description:
    mkOption {
      type = types.lines;
      default = "";
      inherit description;
    };
  bool =
    description:
    mkOption {
      type = types.bool;
      default = false;
      inherit description;
    };

  locationModule = {
    options = {
      root = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/your/root/directory";
        description = "Directory that requests are answered from.";
      };
      alias = mkOption {
        type = types.nullOr types.path;
        default = null;
        description = "Directory that stands for the location.";
      };
      index = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "index.html";
        description = "Files that answer a request for a directory.";
      };
      tryFiles = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "$uri =404";
        description = "Files that are tried one after the other.";
      };
      return = mkOption {
        type = types.nullOr (types.either types.str types.int);
        default = null;
        example = "301 http://example.com$request_uri";
        description = "Status, and text or address, that answers at once.";
      };
      proxyPass = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "http://127.0.0.1:8080";
        description = "Server that requests are handed to.";
      };
      proxyWebsockets = bool "Whether websockets are handed on too.";
      recommendedProxySettings = mkOption {
        type = types.bool;
        default = cfg.recommendedProxySettings;
        defaultText = lib.literalExpression "config.services.nginx.recommendedProxySettings";
        description = "Whether the server behind is told who asked, and for what.";
      };
      fastcgiParams = mkOption {
        type = types.attrsOf (types.either types.str types.path);
        default = { };
        description = "Parameters of FastCGI.";
      };
      basicAuthFile = mkOption {
        type = types.nullOr types.path;
        default = null;
        description = "File with the users and hashed passwords that are let in.";
      };
      priority = mkOption {
        type = types.int;
        default = 1000;
        description = "Place among the locations; the lower comes first.";
      };
      extraConfig = lines "Further lines of the location.";
    };
  };

  listenModule = {
    options = {
      addr = mkOption {
        type = types.str;
        description = "Address to listen on.";
      };
      port = mkOption {
        type = types.nullOr types.port;
        default = null;
        description = "Port to listen on; `null` for the usual one.";
      };
      ssl = bool "Whether connections are encrypted.";
      proxyProtocol = bool "Whether connections begin with the PROXY protocol.";
      extraParameters = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [
          "reuseport"
          "deferred"
        ];
        description = "Further parameters of `listen`.";
      };
    };
  };

  vhostModule =
    { name, ... }:
    {
      options = {
        serverName = mkOption {
          type = types.nullOr types.str;
          default = name;
          defaultText = "the name of the attribute";
          description = "Name that the server answers to.";
        };
        serverAliases = mkOption {
          type = types.listOf types.str;
          default = [ ];
          example = [ "www.example.org" ];
          description = "Further names that the server answers to.";
        };
        listen = mkOption {
          type = types.listOf (types.submodule listenModule);
          default = [ ];
          example = [
            {
              addr = "195.154.1.1";
              port = 443;
              ssl = true;
            }
          ];
          description = "Addresses and ports to listen on. Without any, port 80 of all addresses, and 443 where there is a certificate.";
        };
        default = bool "Whether this server answers where no name fits.";
        root = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = "/data/webserver/docs";
          description = "Directory that requests are answered from.";
        };
        forceSSL = bool "Whether requests without encryption are sent to the encrypted server.";
        addSSL = bool "Whether the server also listens with encryption.";
        onlySSL = bool "Whether the server listens with encryption only.";
        http2 = mkOption {
          type = types.bool;
          default = true;
          description = "Whether HTTP/2 is offered on encrypted connections.";
        };
        sslCertificate = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = "/var/host.cert";
          description = "File with the certificate of the server.";
        };
        sslCertificateKey = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = "/var/host.key";
          description = "File with the key of the certificate.";
        };
        globalRedirect = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "newserver.example.org";
          description = "Server that all requests are sent to.";
        };
        basicAuthFile = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "File with the users and hashed passwords that are let in.";
        };
        locations = mkOption {
          type = types.attrsOf (types.submodule locationModule);
          default = { };
          example = lib.literalExpression ''
            {
              "/" = {
                proxyPass = "http://localhost:3000";
              };
            }
          '';
          description = "Parts of the server, by the start of the path.";
        };
        extraConfig = lines "Further lines of the server.";
      };
    };

  # A path of the configuration is copied to the store by being part of a text.
  line =
    key: v:
    optionalString (v != null) "${key} ${if builtins.isPath v then "${v}" else toString v};\n";

  indent =
    text:
    concatStringsSep "" (
      map (l: optionalString (l != "") "  ${l}\n") (lib.splitString "\n" (lib.removeSuffix "\n" text))
    );

  block = head: body: "${head} {\n${indent body}}\n";

  proxySettings = ''
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Server $host;
  '';

  authLines =
    file:
    optionalString (file != null) ''
      auth_basic secured;
      auth_basic_user_file ${file};
    '';

  locationText =
    path: l:
    block "location ${path}" (
      line "proxy_pass" l.proxyPass
      + optionalString (l.proxyPass != null && l.proxyWebsockets) ''
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
      ''
      + optionalString (l.proxyPass != null && l.recommendedProxySettings) proxySettings
      + lib.concatStrings (
        lib.mapAttrsToList (k: v: "fastcgi_param ${k} \"${v}\";\n") l.fastcgiParams
      )
      + line "index" l.index
      + line "try_files" l.tryFiles
      + line "root" l.root
      + line "alias" l.alias
      + line "return" l.return
      + authLines l.basicAuthFile
      + l.extraConfig
    );

  locationsText =
    locations:
    concatMapStrings ({ name, value }: locationText name value) (
      lib.sortOn (x: x.value.priority) (lib.attrsToList locations)
    );

  listenText =
    vhost: l:
    let
      port = if l.port != null then l.port else if l.ssl then cfg.defaultSSLListenPort else cfg.defaultHTTPListenPort;
    in
    "listen ${l.addr}${optionalString (!lib.hasPrefix "unix:" l.addr) ":${toString port}"}${
      optionalString l.ssl " ssl"
    }${optionalString (l.ssl && vhost.http2) " http2"}${optionalString vhost.default " default_server"}${
      optionalString l.proxyProtocol " proxy_protocol"
    }${concatMapStrings (p: " ${p}") l.extraParameters};\n";

  vhostText =
    vhost:
    let
      hasSSL = vhost.onlySSL || vhost.addSSL || vhost.forceSSL;
      defaults =
        ssl:
        map (addr: {
          inherit addr ssl;
          port = null;
          proxyProtocol = false;
          extraParameters = [ ];
        }) cfg.defaultListenAddresses;
      listens =
        if vhost.listen != [ ] then
          vhost.listen
        else
          lib.optionals (!vhost.onlySSL) (defaults false) ++ lib.optionals hasSSL (defaults true);
      # With forced encryption the plain ports have a server of their own that only redirects.
      plain = builtins.filter (l: !l.ssl) listens;
      own = if vhost.forceSSL then builtins.filter (l: l.ssl) listens else listens;
      names = "server_name ${
        concatStringsSep " " (optional (vhost.serverName != null) vhost.serverName ++ vhost.serverAliases)
      };\n";
    in
    optionalString vhost.forceSSL (
      block "server" (
        concatMapStrings (listenText vhost) plain
        + names
        + block "location /" "return 301 https://$host$request_uri;\n"
      )
    )
    + block "server" (
      concatMapStrings (listenText vhost) own
      + names
      + line "root" vhost.root
      + optionalString (vhost.globalRedirect != null) ''
        return 301 http${optionalString hasSSL "s"}://${vhost.globalRedirect}$request_uri;
      ''
      + optionalString hasSSL ''
        ssl_certificate ${vhost.sslCertificate};
        ssl_certificate_key ${vhost.sslCertificateKey};
      ''
      + authLines vhost.basicAuthFile
      + locationsText vhost.locations
      + vhost.extraConfig
    );

  upstreamText =
    name: u:
    block "upstream ${name}" (
      lib.concatStrings (
        lib.mapAttrsToList (
          server: attrs:
          "server ${server}${
            lib.concatStrings (
              lib.mapAttrsToList (
                k: v: if v == true then " ${k}" else optionalString (v != false) " ${k}=${toString v}"
              ) attrs
            )
          };\n"
        ) u.servers
      )
      + u.extraConfig
    );

  httpText =
    ''
      include ${cfg.package}/conf/mime.types;
      default_type application/octet-stream;
      types_hash_max_size 2688;
      include ${cfg.package}/conf/fastcgi.conf;
      include ${cfg.package}/conf/uwsgi_params;

      client_body_temp_path /var/cache/nginx/client_body;
      proxy_temp_path /var/cache/nginx/proxy;
      fastcgi_temp_path /var/cache/nginx/fastcgi;
      uwsgi_temp_path /var/cache/nginx/uwsgi;
      scgi_temp_path /var/cache/nginx/scgi;
      access_log /var/log/nginx/access.log;

    ''
    + cfg.commonHttpConfig
    + optionalString cfg.recommendedOptimisation ''
      sendfile on;
      tcp_nopush on;
      tcp_nodelay on;
      keepalive_timeout 65;
    ''
    + optionalString cfg.recommendedGzipSettings ''
      gzip on;
      gzip_proxied any;
      gzip_comp_level 5;
      gzip_types application/javascript application/json application/xml image/svg+xml text/css text/plain text/xml;
      gzip_vary on;
    ''
    + optionalString cfg.recommendedTlsSettings ''
      ssl_session_timeout 1d;
      ssl_session_cache shared:SSL:10m;
      ssl_session_tickets off;
      ssl_protocols TLSv1.2 TLSv1.3;
      ssl_prefer_server_ciphers off;
    ''
    + ''
      map $http_upgrade $connection_upgrade {
        default upgrade;
        "" close;
      }
      client_max_body_size ${cfg.clientMaxBodySize};
      server_tokens ${if cfg.serverTokens then "on" else "off"};

    ''
    + lib.concatStrings (lib.mapAttrsToList upstreamText cfg.upstreams)
    + lib.concatStrings (lib.mapAttrsToList (_: vhostText) cfg.virtualHosts)
    + optionalString cfg.statusPage (
      block "server" ''
        listen 127.0.0.1:${toString cfg.defaultHTTPListenPort};
        server_name localhost;
        location /nginx_status {
          stub_status on;
          access_log off;
          allow 127.0.0.1;
          deny all;
        }
      ''
    )
    + cfg.appendHttpConfig;

  configText =
    if cfg.config != "" then
      ''
        pid /run/nginx/nginx.pid;
        error_log stderr;
        daemon off;
        ${cfg.config}
        ${cfg.appendConfig}
      ''
    else
      ''
        pid /run/nginx/nginx.pid;
        error_log ${cfg.logError};
        daemon off;

        ${block "events" cfg.eventsConfig}
        ${block "http" (if cfg.httpConfig != "" then cfg.commonHttpConfig + cfg.httpConfig else httpText)}
        ${cfg.appendConfig}
      '';

  # Certificates are not there when the system is built, so a configuration with them goes unchecked.
  hasSSL = builtins.any (v: v.onlySSL || v.addSSL || v.forceSSL) (lib.attrValues cfg.virtualHosts);

  configFile =
    pkgs.runCommand "nginx.conf"
      {
        text = configText;
        passAsFile = [ "text" ];
        preferLocalBuild = true;
      }
      ''
        cp "$textPath" "$out"
        ${optionalString (cfg.validateConfigFile && !hasSSL) ''
          # The same configuration with what is written while it runs in a directory of the build, and with ports
          # that anybody may listen on: the check opens them.
          mkdir -p check/cache
          sed -E -e 's/(listen +([^ ;]*:)?)([0-9]{1,3})([ ;])/\110\3\4/' \
            -e "s,/run/nginx/nginx.pid,$PWD/check/pid,; s,/var/cache/nginx/,$PWD/check/cache/,; s,/var/log/nginx/,$PWD/check/," \
            "$out" > check/nginx.conf
          ${cfg.package}/bin/nginx -t -q -p "$PWD/check" -e stderr -c "$PWD/check/nginx.conf"
        ''}
      '';

  # With a file at a fixed place the server reads it anew without a restart.
  configPath = if cfg.enableReload then "/etc/nginx/nginx.conf" else configFile;

  execCommand = "${cfg.package}/bin/nginx -e stderr -c '${configPath}'";
in
{
  options.services.nginx = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to enable the nginx web server.";
    };
    package = lib.mkPackageOption pkgs "nginx" { };
    statusPage = bool "Whether `/nginx_status` tells this machine how the server is doing.";
    recommendedGzipSettings = bool "Whether answers are compressed.";
    recommendedOptimisation = bool "Whether files are sent without copying them.";
    recommendedTlsSettings = bool "Whether encryption is restricted to what is safe today.";
    recommendedProxySettings = bool "Whether servers behind are told who asked, and for what.";
    enableReload = bool "Whether a changed configuration is read anew without a restart.";
    validateConfigFile = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the configuration is checked when the system is built.";
    };
    serverTokens = bool "Whether answers tell the version of the server.";
    clientMaxBodySize = mkOption {
      type = types.str;
      default = "10m";
      description = "Largest body of a request.";
    };
    defaultListenAddresses = mkOption {
      type = types.listOf types.str;
      default = [ "0.0.0.0" ] ++ optional config.networking.enableIPv6 "[::0]";
      defaultText = "all addresses";
      example = [ "10.0.0.12" ];
      description = "Addresses that servers without `listen` listen on.";
    };
    defaultHTTPListenPort = mkOption {
      type = types.port;
      default = 80;
      description = "Port of servers without encryption.";
    };
    defaultSSLListenPort = mkOption {
      type = types.port;
      default = 443;
      description = "Port of servers with encryption.";
    };
    logError = mkOption {
      type = types.str;
      default = "stderr";
      description = "Where errors are logged, and from which level on.";
    };
    user = mkOption {
      type = types.str;
      default = "nginx";
      description = "User that the server runs as.";
    };
    group = mkOption {
      type = types.str;
      default = "nginx";
      description = "Group that the server runs as.";
    };
    preStart = lines "Commands of bash that run before the server starts.";
    config = lines "The whole configuration, in place of the one made here.";
    appendConfig = lines "Lines at the end of the configuration.";
    httpConfig = lines "The whole `http` block, in place of the one made here.";
    commonHttpConfig = lines "Lines at the start of the `http` block.";
    appendHttpConfig = lines "Lines at the end of the `http` block.";
    eventsConfig = lines "Lines of the `events` block.";
    configText = mkOption {
      type = types.str;
      readOnly = true;
      internal = true;
      default = configText;
      defaultText = "the configuration";
      description = "The configuration as it is made from the other options.";
    };
    upstreams = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            servers = mkOption {
              type = types.attrsOf (
                types.attrsOf (
                  types.oneOf [
                    types.bool
                    types.int
                    types.str
                  ]
                )
              );
              default = { };
              example = {
                "127.0.0.1:8000" = { };
              };
              description = "Servers, by address.";
            };
            extraConfig = lines "Further lines of the group.";
          };
        }
      );
      default = { };
      description = "Groups of servers that requests are handed to, by name.";
    };
    virtualHosts = mkOption {
      type = types.attrsOf (types.submodule vhostModule);
      default = {
        localhost = { };
      };
      example = lib.literalExpression ''
        {
          "hydra.example.com" = {
            locations."/".proxyPass = "http://localhost:3000";
          };
        }
      '';
      description = "Servers, by the name that they answer to.";
    };
  };

  config = mkIf cfg.enable {
    assertions =
      lib.mapAttrsToList (name: v: {
        assertion = lib.count (x: x) [
          v.addSSL
          v.forceSSL
          v.onlySSL
        ] <= 1;
        message = "Options services.nginx.virtualHosts.${name}.addSSL, forceSSL and onlySSL are mutually exclusive.";
      }) cfg.virtualHosts
      ++ lib.mapAttrsToList (name: v: {
        assertion = v.addSSL || v.forceSSL || v.onlySSL -> v.sslCertificate != null && v.sslCertificateKey != null;
        message = "services.nginx.virtualHosts.${name} has encryption but no sslCertificate and sslCertificateKey.";
      }) cfg.virtualHosts
      ++ lib.concatLists (
        lib.mapAttrsToList (
          name: v:
          lib.mapAttrsToList (path: l: {
            assertion = l.root == null || l.alias == null;
            message = "Only one of services.nginx.virtualHosts.${name}.locations.${path}.root and alias can be set.";
          }) v.locations
        ) cfg.virtualHosts
      );

    systemd.services.nginx = {
      description = "Nginx Web Server";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      # Connections are refused for an instant only.
      stopIfChanged = false;
      reloadIfChanged = cfg.enableReload;
      reloadTriggers = optional cfg.enableReload configFile;
      preStart = cfg.preStart;
      serviceConfig = {
        ExecStart = execCommand;
        ExecReload = [
          "${execCommand} -t"
          "${pkgs.coreutils}/bin/kill -HUP $MAINPID"
        ];
        Restart = "always";
        RestartSec = "10s";
        User = cfg.user;
        Group = cfg.group;
        RuntimeDirectory = "nginx";
        RuntimeDirectoryMode = "0750";
        CacheDirectory = "nginx";
        CacheDirectoryMode = "0750";
        LogsDirectory = "nginx";
        LogsDirectoryMode = "0750";
        ProcSubset = "pid";
        ProtectProc = "invisible";
        UMask = "0027";
        # Ports below 1024.
        AmbientCapabilities = [
          "CAP_NET_BIND_SERVICE"
          "CAP_SYS_RESOURCE"
        ];
        CapabilityBoundingSet = [
          "CAP_NET_BIND_SERVICE"
          "CAP_SYS_RESOURCE"
        ];
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = mkDefault true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectHostname = true;
        ProtectClock = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectKernelLogs = true;
        ProtectControlGroups = true;
        RestrictAddressFamilies = [
          "AF_UNIX"
          "AF_INET"
          "AF_INET6"
        ];
        RestrictNamespaces = true;
        LockPersonality = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        RemoveIPC = true;
      };
    };

    environment.etc."nginx/nginx.conf" = mkIf cfg.enableReload { source = configFile; };

    users.users = mkIf (cfg.user == "nginx") {
      nginx = {
        group = cfg.group;
        isSystemUser = true;
        uid = config.ids.uids.nginx;
      };
    };
    users.groups = mkIf (cfg.group == "nginx") { nginx.gid = config.ids.gids.nginx; };
  };
}
