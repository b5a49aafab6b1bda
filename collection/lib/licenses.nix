# Licences of packages, by the names that package descriptions use.
{ lib }:

let
  # Attributes that every licence has: what may be done, and where it is told.
  complete =
    name:
    {
      fullName ? name,
      spdxId ? null,
      free ? true,
      redistributable ? free,
      deprecated ? false,
      url ? if spdxId == null then null else "https://spdx.org/licenses/${spdxId}.html",
    }:
    {
      licenseType = "simple";
      shortName = name;
      inherit
        fullName
        free
        redistributable
        deprecated
        ;
      ${if spdxId == null then null else "spdxId"} = spdxId;
      ${if url == null then null else "url"} = url;
    };
  # Licences that are joined: `AND` of all, `OR` of any, `WITH` an exception, `PLUS` later versions.
  compound = licenseType: attrs: attrs // { inherit licenseType; };

  # A property of a licence or a joined one: of all parts, of any part, or of the first.
  evaluateProperty =
    f: anyOf: license:
    let
      go = evaluateProperty f anyOf;
    in
    {
      AND = builtins.all go license.licenses or [ ];
      OR = builtins.any go license.licenses or [ ];
      WITH = go license.license;
      PLUS = go license.license;
      simple = f license;
    }
    .${license.licenseType or "simple"};

  idOf = l: l.spdxId or "LicenseRef-nixos-${l.shortName}";

  toSPDX =
    let
      inner = l: if (l.licenseType or "simple") == "simple" || l.licenseType == "PLUS" then toSPDX l else "(${toSPDX l})";
    in
    license:
    {
      AND = lib.concatMapStringsSep " AND " inner license.licenses or [ ];
      OR = lib.concatMapStringsSep " OR " inner license.licenses or [ ];
      WITH = "${toSPDX license.license} WITH ${idOf license.exception}";
      PLUS = "${toSPDX license.license}+";
      simple = idOf license;
    }
    .${license.licenseType or "simple"};

  functions = {
    AND = licenses: compound "AND" { inherit licenses; };
    OR = licenses: compound "OR" { inherit licenses; };
    WITH = license: exception: compound "WITH" { inherit license exception; };
    PLUS = license: compound "PLUS" { inherit license; };
    inherit evaluateProperty toSPDX;
    isFree = evaluateProperty (l: l.free or true) true;
    isRedistributable = evaluateProperty (l: l.redistributable or true) true;
    evaluateNamedProperty = name: evaluateProperty (l: l.${name} or false) true;
    containsLicenses = licenses: evaluateProperty (l: builtins.elem l licenses) true;
  };
in
functions
// builtins.mapAttrs complete {
  afl20 = {
    spdxId = "AFL-2.0";
    fullName = "Academic Free License v2.0";
  };
  afl21 = {
    spdxId = "AFL-2.1";
    fullName = "Academic Free License v2.1";
  };
  afl3 = {
    spdxId = "AFL-3.0";
    fullName = "Academic Free License v3.0";
  };
  agpl3Only = {
    spdxId = "AGPL-3.0-only";
    fullName = "GNU Affero General Public License v3.0 only";
  };
  agpl3Plus = {
    spdxId = "AGPL-3.0-or-later";
    fullName = "GNU Affero General Public License v3.0 or later";
  };
  apple-psl20 = {
    spdxId = "APSL-2.0";
    fullName = "Apple Public Source License 2.0";
  };
  artistic1 = {
    spdxId = "Artistic-1.0";
    fullName = "Artistic License 1.0";
  };
  artistic2 = {
    spdxId = "Artistic-2.0";
    fullName = "Artistic License 2.0";
  };
  asl11 = {
    spdxId = "Apache-1.1";
    fullName = "Apache License 1.1";
  };
  asl20 = {
    spdxId = "Apache-2.0";
    fullName = "Apache License 2.0";
  };
  beerware = {
    spdxId = "Beerware";
    fullName = "Beerware License";
  };
  bitstreamVera = {
    spdxId = "Bitstream-Vera";
    fullName = "Bitstream Vera Font License";
  };
  boost = {
    spdxId = "BSL-1.0";
    fullName = "Boost Software License 1.0";
  };
  bsd0 = {
    spdxId = "0BSD";
    fullName = "BSD Zero Clause License";
  };
  bsd1 = {
    spdxId = "BSD-1-Clause";
    fullName = "BSD 1-Clause License";
  };
  bsd2 = {
    spdxId = "BSD-2-Clause";
    fullName = "BSD 2-clause \"Simplified\" License";
  };
  bsd2Patent = {
    spdxId = "BSD-2-Clause-Patent";
    fullName = "BSD-2-Clause Plus Patent License";
  };
  bsd3 = {
    spdxId = "BSD-3-Clause";
    fullName = "BSD 3-clause \"New\" or \"Revised\" License";
  };
  bsd3Clear = {
    spdxId = "BSD-3-Clause-Clear";
    fullName = "BSD 3-Clause Clear License";
  };
  bsdAxisNoDisclaimerUnmodified = {
    fullName = "BSD-Axis without warranty disclaimer, unmodified";
  };
  bsdOriginal = {
    spdxId = "BSD-4-Clause";
    fullName = "BSD 4-clause \"Original\" or \"Old\" License";
  };
  bsdOriginalUC = {
    spdxId = "BSD-4-Clause-UC";
    fullName = "BSD 4-Clause University of California-Specific";
  };
  bsl11 = {
    spdxId = "BUSL-1.1";
    fullName = "Business Source License 1.1";
    free = false;
  };
  bzip2 = {
    spdxId = "bzip2-1.0.6";
    fullName = "bzip2 and libbzip2 License v1.0.6";
  };
  cc-by-30 = {
    spdxId = "CC-BY-3.0";
    fullName = "Creative Commons Attribution 3.0";
  };
  cc-by-40 = {
    spdxId = "CC-BY-4.0";
    fullName = "Creative Commons Attribution 4.0";
  };
  cc-by-nc-40 = {
    spdxId = "CC-BY-NC-4.0";
    fullName = "Creative Commons Attribution Non Commercial 4.0";
    free = false;
    redistributable = true;
  };
  cc-by-nc-sa-40 = {
    spdxId = "CC-BY-NC-SA-4.0";
    fullName = "Creative Commons Attribution Non Commercial Share Alike 4.0";
    free = false;
    redistributable = true;
  };
  cc-by-sa-25 = {
    spdxId = "CC-BY-SA-2.5";
    fullName = "Creative Commons Attribution Share Alike 2.5";
  };
  cc-by-sa-30 = {
    spdxId = "CC-BY-SA-3.0";
    fullName = "Creative Commons Attribution Share Alike 3.0";
  };
  cc-by-sa-40 = {
    spdxId = "CC-BY-SA-4.0";
    fullName = "Creative Commons Attribution Share Alike 4.0";
  };
  cc0 = {
    spdxId = "CC0-1.0";
    fullName = "Creative Commons Zero v1.0 Universal";
  };
  cddl = {
    spdxId = "CDDL-1.0";
    fullName = "Common Development and Distribution License 1.0";
  };
  cecill-b = {
    spdxId = "CECILL-B";
    fullName = "CeCILL-B Free Software License Agreement";
  };
  cecill-c = {
    spdxId = "CECILL-C";
    fullName = "CeCILL-C Free Software License Agreement";
  };
  cecill20 = {
    spdxId = "CECILL-2.0";
    fullName = "CeCILL Free Software License Agreement v2.0";
  };
  cecill21 = {
    spdxId = "CECILL-2.1";
    fullName = "CeCILL Free Software License Agreement v2.1";
  };
  classpathException20 = {
    spdxId = "Classpath-exception-2.0";
    fullName = "Classpath exception 2.0";
  };
  cpl10 = {
    spdxId = "CPL-1.0";
    fullName = "Common Public License 1.0";
  };
  curl = {
    spdxId = "curl";
    fullName = "curl License";
  };
  ecl20 = {
    spdxId = "ECL-2.0";
    fullName = "Educational Community License, Version 2.0";
  };
  efl20 = {
    spdxId = "EFL-2.0";
    fullName = "Eiffel Forum License v2.0";
  };
  elastic20 = {
    spdxId = "Elastic-2.0";
    fullName = "Elastic License 2.0";
    free = false;
    redistributable = true;
  };
  epl10 = {
    spdxId = "EPL-1.0";
    fullName = "Eclipse Public License 1.0";
  };
  epl20 = {
    spdxId = "EPL-2.0";
    fullName = "Eclipse Public License 2.0";
  };
  eupl11 = {
    spdxId = "EUPL-1.1";
    fullName = "European Union Public License 1.1";
  };
  eupl12 = {
    spdxId = "EUPL-1.2";
    fullName = "European Union Public License 1.2";
  };
  fdl11Only = {
    spdxId = "GFDL-1.1-only";
    fullName = "GNU Free Documentation License v1.1 only";
  };
  fdl11Plus = {
    spdxId = "GFDL-1.1-or-later";
    fullName = "GNU Free Documentation License v1.1 or later";
  };
  fdl12Only = {
    spdxId = "GFDL-1.2-only";
    fullName = "GNU Free Documentation License v1.2 only";
  };
  fdl12Plus = {
    spdxId = "GFDL-1.2-or-later";
    fullName = "GNU Free Documentation License v1.2 or later";
  };
  fdl13Only = {
    spdxId = "GFDL-1.3-only";
    fullName = "GNU Free Documentation License v1.3 only";
  };
  fdl13Plus = {
    spdxId = "GFDL-1.3-or-later";
    fullName = "GNU Free Documentation License v1.3 or later";
  };
  fontException = {
    spdxId = "Font-exception-2.0";
    fullName = "Font exception 2.0";
  };
  free = {
    fullName = "Unspecified free software license";
  };
  ftl = {
    spdxId = "FTL";
    fullName = "Freetype Project License";
  };
  gpl1Only = {
    spdxId = "GPL-1.0-only";
    fullName = "GNU General Public License v1.0 only";
  };
  gpl1Plus = {
    spdxId = "GPL-1.0-or-later";
    fullName = "GNU General Public License v1.0 or later";
  };
  gpl2 = {
    spdxId = "GPL-2.0";
    fullName = "GNU General Public License v2.0";
    deprecated = true;
  };
  gpl2Only = {
    spdxId = "GPL-2.0-only";
    fullName = "GNU General Public License v2.0 only";
  };
  gpl2Plus = {
    spdxId = "GPL-2.0-or-later";
    fullName = "GNU General Public License v2.0 or later";
  };
  gpl3 = {
    spdxId = "GPL-3.0";
    fullName = "GNU General Public License v3.0";
    deprecated = true;
  };
  gpl3Only = {
    spdxId = "GPL-3.0-only";
    fullName = "GNU General Public License v3.0 only";
  };
  gpl3Plus = {
    spdxId = "GPL-3.0-or-later";
    fullName = "GNU General Public License v3.0 or later";
  };
  hpnd = {
    spdxId = "HPND";
    fullName = "Historical Permission Notice and Disclaimer";
  };
  icu = {
    spdxId = "ICU";
    fullName = "ICU License";
  };
  ijg = {
    spdxId = "IJG";
    fullName = "Independent JPEG Group License";
  };
  imagemagick = {
    spdxId = "ImageMagick";
    fullName = "ImageMagick License";
  };
  info-zip = {
    spdxId = "Info-ZIP";
    fullName = "Info-ZIP License";
  };
  ipa = {
    spdxId = "IPA";
    fullName = "IPA Font License";
  };
  isc = {
    spdxId = "ISC";
    fullName = "ISC License";
  };
  issl = {
    fullName = "Intel Simplified Software License";
    free = false;
    redistributable = true;
  };
  lgpl2 = {
    spdxId = "LGPL-2.0";
    fullName = "GNU Library General Public License v2";
    deprecated = true;
  };
  lgpl21 = {
    spdxId = "LGPL-2.1";
    fullName = "GNU Lesser General Public License v2.1";
    deprecated = true;
  };
  lgpl21Only = {
    spdxId = "LGPL-2.1-only";
    fullName = "GNU Lesser General Public License v2.1 only";
  };
  lgpl21Plus = {
    spdxId = "LGPL-2.1-or-later";
    fullName = "GNU Lesser General Public License v2.1 or later";
  };
  lgpl2Only = {
    spdxId = "LGPL-2.0-only";
    fullName = "GNU Library General Public License v2 only";
  };
  lgpl2Plus = {
    spdxId = "LGPL-2.0-or-later";
    fullName = "GNU Library General Public License v2 or later";
  };
  lgpl3 = {
    spdxId = "LGPL-3.0";
    fullName = "GNU Lesser General Public License v3.0";
    deprecated = true;
  };
  lgpl3Only = {
    spdxId = "LGPL-3.0-only";
    fullName = "GNU Lesser General Public License v3.0 only";
  };
  lgpl3Plus = {
    spdxId = "LGPL-3.0-or-later";
    fullName = "GNU Lesser General Public License v3.0 or later";
  };
  libpng = {
    spdxId = "Libpng";
    fullName = "libpng License";
  };
  libpng2 = {
    spdxId = "libpng-2.0";
    fullName = "PNG Reference Library version 2";
  };
  libtiff = {
    spdxId = "libtiff";
    fullName = "libtiff License";
  };
  llvm-exception = {
    spdxId = "LLVM-exception";
    fullName = "LLVM Exception";
  };
  lppl13c = {
    spdxId = "LPPL-1.3c";
    fullName = "LaTeX Project Public License v1.3c";
  };
  lsof = {
    spdxId = "lsof";
    fullName = "lsof License";
  };
  mit = {
    spdxId = "MIT";
    fullName = "MIT License";
  };
  mit0 = {
    spdxId = "MIT-0";
    fullName = "MIT No Attribution";
  };
  mitAdvertising = {
    spdxId = "MIT-advertising";
    fullName = "Enlightenment License (e16)";
  };
  mpl10 = {
    spdxId = "MPL-1.0";
    fullName = "Mozilla Public License 1.0";
  };
  mpl11 = {
    spdxId = "MPL-1.1";
    fullName = "Mozilla Public License 1.1";
  };
  mpl20 = {
    spdxId = "MPL-2.0";
    fullName = "Mozilla Public License 2.0";
  };
  mspl = {
    spdxId = "MS-PL";
    fullName = "Microsoft Public License";
  };
  ncsa = {
    spdxId = "NCSA";
    fullName = "University of Illinois/NCSA Open Source License";
  };
  ntp = {
    spdxId = "NTP";
    fullName = "NTP License";
  };
  odbl = {
    spdxId = "ODbL-1.0";
    fullName = "Open Data Commons Open Database License v1.0";
  };
  ofl = {
    spdxId = "OFL-1.1";
    fullName = "SIL Open Font License 1.1";
  };
  openldap = {
    spdxId = "OLDAP-2.8";
    fullName = "Open LDAP Public License v2.8";
  };
  openssl = {
    spdxId = "OpenSSL";
    fullName = "OpenSSL License";
  };
  osl3 = {
    spdxId = "OSL-3.0";
    fullName = "Open Software License 3.0";
  };
  php301 = {
    spdxId = "PHP-3.01";
    fullName = "PHP License v3.01";
  };
  postgresql = {
    spdxId = "PostgreSQL";
    fullName = "PostgreSQL License";
  };
  psfl = {
    spdxId = "Python-2.0";
    fullName = "Python Software Foundation License version 2";
  };
  publicDomain = {
    fullName = "Public Domain";
  };
  purdueBsd = {
    fullName = "Purdue BSD-Style License";
  };
  qpl = {
    spdxId = "QPL-1.0";
    fullName = "Q Public License 1.0";
  };
  ruby = {
    spdxId = "Ruby";
    fullName = "Ruby License";
  };
  sendmail = {
    spdxId = "Sendmail";
    fullName = "Sendmail License";
  };
  sleepycat = {
    spdxId = "Sleepycat";
    fullName = "Sleepycat License";
  };
  sspl = {
    spdxId = "SSPL-1.0";
    fullName = "Server Side Public License v1";
    free = false;
    redistributable = true;
  };
  sudo = {
    fullName = "Sudo License";
  };
  tcltk = {
    spdxId = "TCL";
    fullName = "Tcl/Tk License";
  };
  tcpWrappers = {
    spdxId = "TCP-wrappers";
    fullName = "TCP Wrappers License";
  };
  ucd = {
    fullName = "Unicode Character Database License";
  };
  ufl = {
    spdxId = "Ubuntu-font-1.0";
    fullName = "Ubuntu Font License 1.0";
  };
  unfree = {
    fullName = "Unfree";
    free = false;
  };
  unfreeRedistributable = {
    fullName = "Unfree redistributable";
    free = false;
    redistributable = true;
  };
  unfreeRedistributableFirmware = {
    fullName = "Unfree redistributable firmware";
    free = false;
    redistributable = true;
  };
  unicode-30 = {
    spdxId = "Unicode-3.0";
    fullName = "Unicode License v3";
  };
  unicode-dfs-2016 = {
    spdxId = "Unicode-DFS-2016";
    fullName = "Unicode License Agreement - Data Files and Software (2016)";
  };
  unlicense = {
    spdxId = "Unlicense";
    fullName = "The Unlicense";
  };
  upl = {
    spdxId = "UPL-1.0";
    fullName = "Universal Permissive License";
  };
  vim = {
    spdxId = "Vim";
    fullName = "Vim License";
  };
  w3c = {
    spdxId = "W3C";
    fullName = "W3C Software Notice and License";
  };
  wtfpl = {
    spdxId = "WTFPL";
    fullName = "Do What The F*ck You Want To Public License";
  };
  wxWindowsException31 = {
    spdxId = "WxWindows-exception-3.1";
    fullName = "wxWindows Library Exception 3.1";
  };
  x11 = {
    spdxId = "X11";
    fullName = "X11 License";
  };
  xinetd = {
    spdxId = "xinetd";
    fullName = "xinetd License";
  };
  zlib = {
    spdxId = "Zlib";
    fullName = "zlib License";
  };
  zpl20 = {
    spdxId = "ZPL-2.0";
    fullName = "Zope Public License 2.0";
  };
  zpl21 = {
    spdxId = "ZPL-2.1";
    fullName = "Zope Public License 2.1";
  };
}
