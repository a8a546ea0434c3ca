from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.views import ConnectDiscoveryInfoView

urlpatterns = [
    path("login/", LoginView.as_view()),
    # Version 1 of django-oauth-toolkit has only the address with a further slash, to which Django redirects, as at the issuer /v1.
    path("o/.well-known/openid-configuration", ConnectDiscoveryInfoView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("v1/", include("oauth2_provider.urls", namespace="v1")),
]
