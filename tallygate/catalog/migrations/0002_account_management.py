from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tallygate.catalog.alert_levels
import tallygate.catalog.annotations
import tallygate.catalog.models.provider
import tallygate.catalog.models.proxy
import tallygate.catalog.models.user
import tallygate.catalog.names
import tallygate.catalog.states


def carry_over(apps, schema_editor):
    """Gives what was there before what new records are born with."""
    from tallygate.catalog.models.proxy import new_secret_token

    def model(name):
        return apps.get_model("catalog", name)

    model("User").objects.filter(is_active=False).update(state="suspended")
    for provider in model("Provider").objects.all():
        plan = model("AccountPlan").objects.create(
            provider=provider, name="Default", system_name="default", state="published"
        )
        model("Provider").objects.filter(pk=provider.pk).update(default_account_plan=plan)
        model("Account").objects.filter(provider=provider).update(plan=plan)
        model("PortalSettings").objects.create(provider=provider)
    for product in model("Product").objects.all():
        model("Proxy").objects.create(product=product, secret_token=new_secret_token())


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "name",
                    models.CharField(
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "system_name",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[tallygate.catalog.names.validate_system_name],
                    ),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("hidden", "Hidden"), ("published", "Published")],
                        default="hidden",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                (
                    "setup_fee",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "cost_per_month",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("trial_period_days", models.PositiveIntegerField(blank=True, null=True)),
                ("cancellation_period", models.PositiveIntegerField(default=0)),
                ("approval_required", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
            bases=(tallygate.catalog.states.HasStates, models.Model),
        ),
        migrations.CreateModel(
            name="ActiveDoc",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "name",
                    models.CharField(
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "system_name",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[tallygate.catalog.names.validate_system_name],
                    ),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "body",
                    models.TextField(
                        error_messages={"blank": "can't be blank", "null": "can't be blank"}
                    ),
                ),
                ("published", models.BooleanField(default=False)),
                ("skip_swagger_validations", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=255)),
                ("via", models.CharField(max_length=16)),
                ("action", models.CharField(max_length=16)),
                ("kind", models.CharField(max_length=32)),
                ("record_id", models.BigIntegerField()),
                ("record_name", models.CharField(max_length=255)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Developer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "username",
                    models.CharField(
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w][\\w.+\\-@ ]+\\Z",
                                "use only letters, numbers, and .-_@ please.",
                            ),
                            django.core.validators.MinLengthValidator(3),
                        ],
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "first_name",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "last_name",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                ("password", models.CharField(blank=True, max_length=128)),
                (
                    "role",
                    models.CharField(
                        choices=[("admin", "Admin"), ("member", "Member")],
                        default="member",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                        ],
                        default="pending",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
            bases=(tallygate.catalog.states.HasStates, models.Model),
        ),
        migrations.CreateModel(
            name="Feature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "name",
                    models.CharField(
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "system_name",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[tallygate.catalog.names.validate_system_name],
                    ),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("ApplicationPlan", "Application Plan"),
                            ("ServicePlan", "Service Plan"),
                        ],
                        default="ApplicationPlan",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=32,
                    ),
                ),
                ("visible", models.BooleanField(default=True)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PlanFeature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PlanMetric",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("visible", models.BooleanField(default=True)),
                ("limits_only_text", models.BooleanField(default=True)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PortalSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("useraccountarea_enabled", models.BooleanField(default=True)),
                ("hide_service", models.BooleanField(default=False)),
                ("signups_enabled", models.BooleanField(default=True)),
                ("strong_passwords_enabled", models.BooleanField(default=False)),
                ("public_search", models.BooleanField(default=False)),
                ("account_plans_ui_visible", models.BooleanField(default=False)),
                (
                    "change_account_plan_permission",
                    models.CharField(
                        choices=[
                            ("request", "Request"),
                            ("direct", "Direct"),
                            ("none", "None"),
                            ("credit_card", "Credit Card"),
                            ("request_credit_card", "Request Credit Card"),
                        ],
                        default="request",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=32,
                    ),
                ),
                ("service_plans_ui_visible", models.BooleanField(default=False)),
                (
                    "change_service_plan_permission",
                    models.CharField(
                        choices=[
                            ("request", "Request"),
                            ("direct", "Direct"),
                            ("none", "None"),
                            ("credit_card", "Credit Card"),
                            ("request_credit_card", "Request Credit Card"),
                        ],
                        default="request",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=32,
                    ),
                ),
                ("enforce_sso", models.BooleanField(default=False)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Proxy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "endpoint",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\Ahttps?://[^\\s/?#@]+(?:[/?#]\\S*)?\\Z",
                                "must be an http or https URL",
                            )
                        ],
                    ),
                ),
                (
                    "sandbox_endpoint",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\Ahttps?://[^\\s/?#@]+(?:[/?#]\\S*)?\\Z",
                                "must be an http or https URL",
                            )
                        ],
                    ),
                ),
                (
                    "credentials_location",
                    models.CharField(
                        choices=[
                            ("query", "Query"),
                            ("headers", "Headers"),
                            ("authorization", "Authorization"),
                        ],
                        default="query",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                (
                    "auth_user_key",
                    models.CharField(
                        default="user_key",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w\\-]+\\Z", "may have letters, digits, '_' and '-'"
                            )
                        ],
                    ),
                ),
                (
                    "auth_app_id",
                    models.CharField(
                        default="app_id",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w\\-]+\\Z", "may have letters, digits, '_' and '-'"
                            )
                        ],
                    ),
                ),
                (
                    "auth_app_key",
                    models.CharField(
                        default="app_key",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w\\-]+\\Z", "may have letters, digits, '_' and '-'"
                            )
                        ],
                    ),
                ),
                (
                    "error_auth_failed",
                    models.CharField(
                        default="Authentication failed",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_status_auth_failed",
                    models.PositiveIntegerField(
                        default=403,
                        validators=[
                            django.core.validators.MinValueValidator(200),
                            django.core.validators.MaxValueValidator(599),
                        ],
                    ),
                ),
                (
                    "error_headers_auth_failed",
                    models.CharField(
                        default="text/plain; charset=us-ascii",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_auth_missing",
                    models.CharField(
                        default="Authentication parameters missing",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_status_auth_missing",
                    models.PositiveIntegerField(
                        default=403,
                        validators=[
                            django.core.validators.MinValueValidator(200),
                            django.core.validators.MaxValueValidator(599),
                        ],
                    ),
                ),
                (
                    "error_headers_auth_missing",
                    models.CharField(
                        default="text/plain; charset=us-ascii",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_no_match",
                    models.CharField(
                        default="No Mapping Rule matched",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_status_no_match",
                    models.PositiveIntegerField(
                        default=404,
                        validators=[
                            django.core.validators.MinValueValidator(200),
                            django.core.validators.MaxValueValidator(599),
                        ],
                    ),
                ),
                (
                    "error_headers_no_match",
                    models.CharField(
                        default="text/plain; charset=us-ascii",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_limits_exceeded",
                    models.CharField(
                        default="Usage limit exceeded",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "error_status_limits_exceeded",
                    models.PositiveIntegerField(
                        default=429,
                        validators=[
                            django.core.validators.MinValueValidator(200),
                            django.core.validators.MaxValueValidator(599),
                        ],
                    ),
                ),
                (
                    "error_headers_limits_exceeded",
                    models.CharField(
                        default="text/plain; charset=us-ascii",
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                '\\A[{}\\[\\]\\d,.;@#~%&()?\\w"= /\\\\:\\-]+\\Z',
                                "has characters that may not stand in a header",
                            )
                        ],
                    ),
                ),
                (
                    "secret_token",
                    models.CharField(
                        default=tallygate.catalog.models.proxy.new_secret_token,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w\\-]+\\Z", "may have letters, digits, '_' and '-'"
                            )
                        ],
                    ),
                ),
                (
                    "hostname_rewrite",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z0-9.\\-_]+(?::\\d{1,5})?\\Z", "must be a host name"
                            )
                        ],
                    ),
                ),
                (
                    "oauth_login_url",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\Ahttps?://[^\\s/?#@]+(?:[/?#]\\S*)?\\Z",
                                "must be an http or https URL",
                            )
                        ],
                    ),
                ),
                (
                    "api_test_path",
                    models.CharField(
                        blank=True,
                        default="/",
                        max_length=8192,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A/\\S*\\Z", "must be a path that begins with '/'"
                            )
                        ],
                    ),
                ),
                (
                    "oidc_issuer_endpoint",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "oidc_issuer_type",
                    models.CharField(
                        blank=True,
                        choices=[("keycloak", "keycloak"), ("rest", "rest")],
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                (
                    "jwt_claim_with_client_id",
                    models.CharField(
                        blank=True,
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=255,
                    ),
                ),
                (
                    "jwt_claim_with_client_id_type",
                    models.CharField(
                        blank=True,
                        choices=[("plain", "plain"), ("liquid", "liquid")],
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                (
                    "policies_config",
                    models.JSONField(
                        default=tallygate.catalog.models.proxy.default_policies,
                        validators=[tallygate.catalog.models.proxy.validate_policies],
                    ),
                ),
                ("lock_version", models.PositiveIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ProxyConfig",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "environment",
                    models.CharField(
                        choices=[("sandbox", "Sandbox"), ("production", "Production")],
                        error_messages={
                            "blank": "can't be blank",
                            "null": "can't be blank",
                            "unique": "has already been taken",
                        },
                        max_length=16,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("hosts", models.TextField(blank=True)),
                ("metric_ids", models.JSONField(blank=True, default=list)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="annotations",
            field=models.JSONField(
                blank=True,
                default=dict,
                validators=[tallygate.catalog.annotations.validate_annotations],
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="monthly_billing_enabled",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="account",
            name="monthly_charging_enabled",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="applicationplan",
            name="cancellation_period",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="applicationplan",
            name="original",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="customizations",
                to="catalog.applicationplan",
            ),
        ),
        migrations.AddField(
            model_name="backend",
            name="annotations",
            field=models.JSONField(
                blank=True,
                default=dict,
                validators=[tallygate.catalog.annotations.validate_annotations],
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="annotations",
            field=models.JSONField(
                blank=True,
                default=dict,
                validators=[tallygate.catalog.annotations.validate_annotations],
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="buyer_can_select_plan",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="product",
            name="buyer_key_regenerate_enabled",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="product",
            name="buyer_plan_change_permission",
            field=models.CharField(
                choices=[
                    ("request", "Request"),
                    ("direct", "Direct"),
                    ("none", "None"),
                    ("credit_card", "Credit Card"),
                    ("request_credit_card", "Request Credit Card"),
                ],
                default="request",
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="buyers_manage_apps",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="product",
            name="buyers_manage_keys",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="product",
            name="custom_keys_enabled",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="product",
            name="default_application_plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.applicationplan",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="deployment_option",
            field=models.CharField(
                choices=[
                    ("hosted", "Hosted"),
                    ("self_managed", "Self Managed"),
                    ("service_mesh_istio", "Service Mesh Istio"),
                    ("plugin_ruby", "Plugin Ruby"),
                    ("plugin_java", "Plugin Java"),
                    ("plugin_python", "Plugin Python"),
                    ("plugin_nodejs", "Plugin Nodejs"),
                    ("plugin_php", "Plugin Php"),
                    ("plugin_rest", "Plugin Rest"),
                    ("plugin_csharp", "Plugin Csharp"),
                ],
                default="hosted",
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="intentions_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="product",
            name="notification_settings",
            field=models.JSONField(
                blank=True,
                default=dict,
                validators=[tallygate.catalog.alert_levels.validate_alert_levels],
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="support_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="provider",
            name="finance_support_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="provider",
            name="from_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="provider",
            name="site_access_code",
            field=models.CharField(
                blank=True,
                default=tallygate.catalog.models.provider.new_site_access_code,
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="support_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="user",
            name="first_name",
            field=models.CharField(
                blank=True,
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="last_name",
            field=models.CharField(
                blank=True,
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="notifications",
            field=models.JSONField(
                blank=True,
                default=dict,
                validators=[tallygate.catalog.models.user.validate_notifications],
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="state",
            field=models.CharField(
                choices=[("pending", "Pending"), ("active", "Active"), ("suspended", "Suspended")],
                default="active",
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="account",
            name="state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("created", "Created"),
                    ("pending", "Pending"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("suspended", "Suspended"),
                ],
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="application",
            name="application_id",
            field=models.CharField(
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=255,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A[\\x21-\\x7E]+\\Z", "must be printable ASCII without spaces"
                    ),
                    django.core.validators.MinLengthValidator(4),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="application",
            name="product",
            field=models.ForeignKey(
                blank=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="applications",
                to="catalog.product",
            ),
        ),
        migrations.AlterField(
            model_name="application",
            name="user_key",
            field=models.CharField(
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=256,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A(?:[A-Za-z0-9_.\\-]+|[A-Za-z0-9+]+={0,2})\\Z",
                        "may have letters, digits, '_', '.' and '-', or be base64 without '/'",
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="mappingrule",
            name="delta",
            field=models.PositiveIntegerField(
                default=1,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(2147483647),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="backend_version",
            field=models.CharField(
                choices=[
                    ("1", "API key (user_key)"),
                    ("2", "App_ID and App_Key pair"),
                    ("oauth", "OAuth"),
                    ("oidc", "OpenID Connect"),
                ],
                default="1",
                error_messages={
                    "blank": "can't be blank",
                    "null": "can't be blank",
                    "unique": "has already been taken",
                },
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email", ""), _negated=True),
                fields=("provider", "email"),
                name="user_email",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddField(
            model_name="accountplan",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="account_plans",
                to="catalog.provider",
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="accounts",
                to="catalog.accountplan",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="default_account_plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.accountplan",
            ),
        ),
        migrations.AddField(
            model_name="activedoc",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="active_docs",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="activedoc",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="active_docs",
                to="catalog.provider",
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="audit_entries",
                to="catalog.provider",
            ),
        ),
        migrations.AddField(
            model_name="developer",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="developers",
                to="catalog.account",
            ),
        ),
        migrations.AddField(
            model_name="developer",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="developers",
                to="catalog.provider",
            ),
        ),
        migrations.AddField(
            model_name="feature",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="features",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="planfeature",
            name="feature",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="plan_features",
                to="catalog.feature",
            ),
        ),
        migrations.AddField(
            model_name="planfeature",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="plan_features",
                to="catalog.applicationplan",
            ),
        ),
        migrations.AddField(
            model_name="planmetric",
            name="metric",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="plan_metrics",
                to="catalog.metric",
            ),
        ),
        migrations.AddField(
            model_name="planmetric",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="plan_metrics",
                to="catalog.applicationplan",
            ),
        ),
        migrations.AddField(
            model_name="portalsettings",
            name="provider",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="settings",
                to="catalog.provider",
            ),
        ),
        migrations.AddField(
            model_name="proxy",
            name="product",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proxy",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="proxyconfig",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proxy_configs",
                to="catalog.product",
            ),
        ),
        migrations.AddField(
            model_name="proxyconfig",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="accountplan",
            constraint=models.UniqueConstraint(
                fields=("provider", "system_name"),
                name="account_plan_system_name",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="activedoc",
            constraint=models.UniqueConstraint(
                fields=("provider", "system_name"),
                name="active_doc_system_name",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["provider", "kind", "record_id"], name="audit_entry_record"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["provider", "actor_id"], name="audit_entry_actor"),
        ),
        migrations.AddConstraint(
            model_name="developer",
            constraint=models.UniqueConstraint(
                fields=("provider", "username"),
                name="developer_username",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="developer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("email", ""), _negated=True),
                fields=("provider", "email"),
                name="developer_email",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="feature",
            constraint=models.UniqueConstraint(
                fields=("product", "system_name"),
                name="feature_system_name",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="planfeature",
            constraint=models.UniqueConstraint(
                fields=("plan", "feature"),
                name="plan_feature_feature",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="planmetric",
            constraint=models.UniqueConstraint(
                fields=("plan", "metric"),
                name="plan_metric_metric",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="proxyconfig",
            constraint=models.UniqueConstraint(
                fields=("product", "environment", "version"),
                name="proxy_config_version",
                violation_error_message="has already been taken",
            ),
        ),
        migrations.RunPython(carry_over, elidable=True),
        migrations.RemoveField(
            model_name="user",
            name="is_active",
        ),
        migrations.AlterField(
            model_name="account",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="accounts",
                to="catalog.accountplan",
            ),
        ),
    ]
