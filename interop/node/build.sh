#!/bin/sh
# npm reads the WSDL at run time: there is nothing to generate, only the locked packages to install.
set -eu
npm ci --silent
