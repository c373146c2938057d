import type { PackageEcosystem } from '@writ/contracts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Well-known names of each ecosystem, most used first as far as one can say without counting. */
export const STARTER_POPULAR: Partial<Readonly<Record<PackageEcosystem, readonly string[]>>> = {
  npm: words(`
    react react-dom lodash typescript express axios chalk commander webpack eslint prettier jest mocha chai moment request async underscore
    uuid debug vue next nuxt svelte vite rollup esbuild turbo dotenv mongoose sequelize passport socket.io socket.io-client redis ioredis
    jquery bootstrap tailwindcss postcss autoprefixer nodemon concurrently cross-env rimraf glob minimist yargs inquirer semver body-parser
    cookie-parser cors helmet bcrypt bcryptjs jsonwebtoken nodemailer puppeteer playwright cypress storybook graphql apollo-server prisma
    @prisma/client typeorm knex winston morgan zod vitest electron three d3 chart.js ramda rxjs redux react-redux @reduxjs/toolkit
    react-router react-router-dom styled-components @emotion/react @mui/material antd framer-motion formik yup joi ajv classnames clsx
    date-fns dayjs luxon immer zustand jotai recoil mobx swr @tanstack/react-query @angular/core @angular/cli @angular/common rxjs zone.js
    tslib ts-node ts-jest tsx nanoid cheerio jsdom node-fetch undici got superagent form-data qs query-string ws fastify koa hapi nestjs
    @nestjs/core @nestjs/common @types/node @types/react @types/express @babel/core @babel/preset-env @babel/runtime babel-loader
    css-loader style-loader sass sass-loader less file-loader html-webpack-plugin webpack-cli webpack-dev-server terser core-js
    regenerator-runtime fs-extra mkdirp chokidar execa shelljs ora boxen figlet colors picocolors kleur strip-ansi ansi-styles
    supports-color string-width wrap-ansi lru-cache yallist micromatch minimatch picomatch braces fast-glob globby ignore eventemitter3
    bluebird q through2 readable-stream concat-stream event-stream stream-browserify buffer events path-browserify safe-buffer iconv-lite
    mime mime-types multer busboy formidable sharp jimp canvas pg mysql mysql2 sqlite3 better-sqlite3 mongodb mssql tedious drizzle-orm
    kysely aws-sdk @aws-sdk/client-s3 firebase firebase-admin stripe twilio openai @anthropic-ai/sdk langchain @langchain/core
    @modelcontextprotocol/sdk discord.js telegraf web3 ethers viem hardhat solc @solana/web3.js handlebars mustache ejs pug marked
    markdown-it highlight.js prismjs js-yaml yaml xml2js fast-xml-parser csv-parse papaparse xlsx pdfkit pdf-lib archiver adm-zip jszip
    tar unzipper node-cron cron agenda bull bullmq amqplib kafkajs mqtt nats pino bunyan log4js loglevel husky lint-staged commitlint
    semantic-release lerna nx changesets npm-run-all pm2 serve http-server live-server json-server msw nock sinon supertest enzyme
    @testing-library/react @testing-library/jest-dom karma jasmine ava tap nyc c8 istanbul eslint-plugin-react eslint-config-prettier
    eslint-plugin-import @typescript-eslint/parser @typescript-eslint/eslint-plugin swiper gsap leaflet mapbox-gl echarts highcharts
    recharts d3-array lodash-es lodash.merge validator helmet express-session express-validator connect-redis passport-jwt passport-local
    crypto-js node-forge tweetnacl elliptic bn.js cookie path-to-regexp send serve-static accepts http-errors on-finished raw-body type-is
    ua-parser-js colorjs is-odd is-even is-number is-promise react-native expo @react-native-community/cli react-icons
    lucide-react @heroicons/react react-hook-form @hookform/resolvers react-select react-dropzone sweetalert2 toastr hammerjs`),
  pypi: words(`
    requests numpy pandas boto3 botocore urllib3 setuptools wheel pip certifi idna charset-normalizer typing-extensions packaging six
    python-dateutil pyyaml cryptography cffi pycparser click jinja2 markupsafe flask werkzeug django djangorestframework fastapi starlette
    uvicorn gunicorn pydantic sqlalchemy alembic psycopg2 psycopg2-binary pymysql mysqlclient redis celery kombu scipy matplotlib seaborn
    scikit-learn scikit-image tensorflow keras torch torchvision torchaudio transformers tokenizers datasets huggingface-hub openai
    anthropic langchain langchain-core llama-index tiktoken sentence-transformers accelerate xgboost lightgbm catboost statsmodels sympy
    networkx nltk spacy gensim opencv-python pillow imageio pytest pytest-cov pytest-asyncio pytest-mock tox nox coverage hypothesis mock
    black ruff flake8 pylint isort mypy bandit pre-commit poetry pipenv virtualenv tqdm rich typer colorama tabulate termcolor prompt-toolkit
    ipython jupyter notebook jupyterlab ipykernel nbconvert aiohttp httpx httpcore anyio trio websockets requests-oauthlib oauthlib pyjwt
    python-jose passlib bcrypt paramiko fabric ansible netmiko scrapy beautifulsoup4 lxml html5lib selenium playwright mechanize tweepy
    discord-py python-telegram-bot slack-sdk twilio stripe sendgrid google-api-python-client google-auth google-cloud-storage azure-core
    azure-storage-blob awscli s3transfer docker kubernetes pymongo motor elasticsearch cassandra-driver pika kafka-python confluent-kafka
    grpcio protobuf thrift marshmallow attrs cattrs dataclasses-json orjson ujson simplejson toml tomli tomlkit jsonschema xmltodict
    openpyxl xlrd xlsxwriter python-docx reportlab pypdf2 pdfminer markdown docutils sphinx mkdocs pygments babel pytz tzdata arrow pendulum
    dateparser schedule apscheduler filelock portalocker psutil watchdog sh pexpect invoke loguru structlog sentry-sdk prometheus-client
    opentelemetry-api newrelic datadog web3 eth-account solana pycryptodome pynacl ecdsa rsa pyopenssl dnspython scapy shapely geopandas
    pyproj folium plotly dash bokeh altair streamlit gradio polars pyarrow dask ray numba cython pybind11 jellyfish ultralytics`),
  crates: words(`
    serde serde_json serde_derive tokio rand clap reqwest anyhow thiserror log env_logger tracing tracing_subscriber syn quote proc_macro2
    regex lazy_static once_cell chrono time uuid futures async_trait hyper axum actix_web warp rocket tower tonic prost bytes itertools
    rayon crossbeam parking_lot dashmap hashbrown indexmap smallvec bitflags cfg_if libc num num_traits num_cpus url base64 hex sha2 md5
    ring rustls openssl native_tls sqlx diesel rusqlite redis mongodb toml config dotenv structopt indicatif crossterm ratatui walkdir
    tempfile glob memchr aho_corasick nom pest lalrpop bincode postcard rust_decimal criterion proptest mockall wasm_bindgen web_sys bevy
    image nalgebra ndarray polars candle_core fast_log`),
  go: words(`
    github.com/gin-gonic/gin github.com/gorilla/mux github.com/spf13/cobra github.com/spf13/viper github.com/stretchr/testify
    github.com/sirupsen/logrus go.uber.org/zap google.golang.org/grpc google.golang.org/protobuf github.com/golang/protobuf gorm.io/gorm
    github.com/go-redis/redis github.com/jackc/pgx github.com/lib/pq github.com/go-sql-driver/mysql github.com/labstack/echo
    github.com/gofiber/fiber github.com/prometheus/client_golang github.com/aws/aws-sdk-go github.com/google/uuid github.com/pkg/errors
    golang.org/x/crypto golang.org/x/net golang.org/x/sync golang.org/x/text golang.org/x/sys github.com/boltdb/bolt github.com/areknoster/hypert
    k8s.io/client-go k8s.io/api github.com/hashicorp/vault github.com/docker/docker`),
  rubygems: words(`
    rails rake rack rspec bundler nokogiri sinatra devise puma sidekiq activerecord activesupport actionpack railties json i18n thor
    pry byebug rubocop capybara factory_bot faker redis pg mysql2 sqlite3 faraday httparty rest-client aws-sdk stripe jekyll sass
    bootstrap-sass jquery-rails turbolinks webpacker minitest simplecov dotenv kaminari pundit cancancan carrierwave shrine strong_password`),
} // prettier-ignore
